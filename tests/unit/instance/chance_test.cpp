// What chance picks out of a collection, in each of its forms: every member as often as any other.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "unit/instance/client.h"

using namespace kevy;
using test::Client;

namespace {

/// A collection of members in one form, which the setup makes of the members.
struct Form {
  const char* name;
  const char* settings;
  const char* member_begins;  // with this, a number behind
  int size;
};

constexpr Form kForms[] = {
    {"integers", "CONFIG SET set-max-intset-entries 512", "", 20},
    {"packed", "CONFIG SET set-max-listpack-entries 128", "m", 20},
    {"big, few", "CONFIG SET set-max-listpack-entries 0 set-max-intset-entries 0 "
                 "hash-max-listpack-entries 0 zset-max-listpack-entries 0", "m", 20},
    {"big", "CONFIG SET set-max-listpack-entries 0 set-max-intset-entries 0 "
            "hash-max-listpack-entries 0 zset-max-listpack-entries 0", "m", 500},
};

// The strings of a reply that is one, or an array of such.
std::vector<std::string> strings_of(const std::string& reply) {
  std::vector<std::string> strings;
  for (size_t at = reply.find('$'); at != std::string::npos; at = reply.find('$', at)) {
    const size_t size = std::stoul(reply.substr(at + 1));
    at = reply.find("\r\n", at) + 2;
    strings.push_back(reply.substr(at, size));
    at += size;
  }
  return strings;
}

// How many standard deviations the counts are further from even than they may be expected to be.
double deviation(const std::map<std::string, int>& counts) {
  double total = 0, squares = 0;
  for (const auto& [member, count] : counts) total += count;
  const double expected = total / static_cast<double>(counts.size());
  for (const auto& [member, count] : counts) squares += std::pow(count - expected, 2);
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (squares / expected - freedom) / std::sqrt(2 * freedom);
}

constexpr int kDrawsEach = 200;

/// How a type's members are put in and taken out, around their names.
struct Verbs {
  std::string add, add_end, remove;
};

const Verbs kSet{"SADD c ", "", "SREM c "};
const Verbs kHash{"HSET c ", " 1", "HDEL c "};
const Verbs kSortedSet{"ZADD c 1 ", "", "ZREM c "};

// Draws with `line` until each member may be expected so often. The members are some that are left of
// more.
double deviation_of(const Form& form, const Verbs& verbs, const std::string& line) {
  const bool takes_away = line.starts_with("SPOP");
  const auto instance = test::start(2);
  Client client(*instance);
  client(form.settings);
  std::map<std::string, int> counts;
  for (int i = 0; i < 2 * form.size; ++i) client(verbs.add + form.member_begins + std::to_string(i) + verbs.add_end);
  for (int i = 0; i < 2 * form.size; ++i) {
    const std::string member = form.member_begins + std::to_string(i);
    if (i % 3 == 0 || i >= form.size * 3 / 2) {
      client(verbs.remove + member);
    } else {
      counts[member] = 0;
    }
  }
  int drawn = 0;
  while (drawn < kDrawsEach * static_cast<int>(counts.size())) {
    for (const std::string& member : strings_of(client(line))) {
      const auto found = counts.find(member);
      REQUIRE(found != counts.end());
      ++found->second;
      ++drawn;
      if (takes_away) client(verbs.add + member + verbs.add_end);
    }
  }
  return deviation(counts);
}

constexpr double kDeviationMax = 10;  // by chance once in many years of testing

}  // namespace

TEST_CASE("SPOP and SRANDMEMBER take every member of a set as often as any other") {
  for (const Form& form : kForms) {
    for (const char* line : {"SPOP c", "SPOP c 1", "SPOP c 3", "SPOP c 9", "SRANDMEMBER c",
                             "SRANDMEMBER c 3", "SRANDMEMBER c 9", "SRANDMEMBER c -7"}) {
      INFO(form.name << ": " << line);
      CHECK(deviation_of(form, kSet, line) < kDeviationMax);
    }
  }
}

TEST_CASE("HRANDFIELD and ZRANDMEMBER take every one as often as any other") {
  for (const Form& form : kForms) {
    for (const char* count : {"", " 3", " 9", " -7"}) {
      INFO(form.name << count);
      const std::string hash = std::string("HRANDFIELD c") + count;
      CHECK(deviation_of(form, kHash, hash) < kDeviationMax);
      const std::string sorted = std::string("ZRANDMEMBER c") + count;
      CHECK(deviation_of(form, kSortedSet, sorted) < kDeviationMax);
    }
  }
}

TEST_CASE("the measure of chance tells an uneven choice from an even one") {
  std::map<std::string, int> counts;
  for (int i = 0; i < 20; ++i) counts[std::to_string(i)] = kDrawsEach + (i % 2 == 0 ? 20 : -20);
  CHECK(deviation(counts) < kDeviationMax);
  counts["0"] = 2 * kDrawsEach;  // one twice as often as the others
  CHECK(deviation(counts) > kDeviationMax);
}

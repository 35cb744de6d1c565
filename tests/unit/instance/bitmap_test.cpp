// Bits of strings: the operations of BITOP that only Redis 8 has, after its documentation; all of them
// beside a model; and which changes copy a big string.
#include <functional>
#include <vector>

#include "base/random.h"
#include "dialogue.h"

using namespace kevy;
using namespace kevy::test;

namespace {

const std::string kNeedsTwo = " must be called with at least two source keys.\r\n";

// One bit of the result, from those of the sources.
using Model = std::function<bool(const std::vector<bool>&)>;

size_t set_in(const std::vector<bool>& bits, size_t from) {
  size_t count = 0;
  for (size_t i = from; i < bits.size(); ++i) count += bits[i] ? 1 : 0;
  return count;
}

const std::vector<std::pair<std::string, Model>> kModels = {
    {"AND", [](const auto& bits) { return set_in(bits, 0) == bits.size(); }},
    {"OR", [](const auto& bits) { return set_in(bits, 0) != 0; }},
    {"XOR", [](const auto& bits) { return set_in(bits, 0) % 2 == 1; }},
    {"DIFF", [](const auto& bits) { return bits[0] && set_in(bits, 1) == 0; }},
    {"DIFF1", [](const auto& bits) { return !bits[0] && set_in(bits, 1) != 0; }},
    {"ANDOR", [](const auto& bits) { return bits[0] && set_in(bits, 1) != 0; }},
    {"ONE", [](const auto& bits) { return set_in(bits, 0) == 1; }},
};

std::string combined(const Model& model, const std::vector<std::string>& sources) {
  size_t size = 0;
  for (const std::string& source : sources) size = std::max(size, source.size());
  std::string result(size, '\0');
  for (size_t i = 0; i < size * 8; ++i) {
    std::vector<bool> bits;
    for (const std::string& source : sources) {
      bits.push_back(i / 8 < source.size() && (source[i / 8] << (i % 8) & 0x80) != 0);
    }
    if (model(bits)) result[i / 8] = static_cast<char>(result[i / 8] | 0x80 >> i % 8);
  }
  return result;
}

const char* address_of(Instance& instance, Bytes name) {
  Runtime& runtime = instance.runtime();
  const Key key{name, runtime.hash(name)};
  const char* address = nullptr;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    const Entry* entry = runtime.shard(i).keyspace(0).find(key);
    if (entry != nullptr) address = entry->string().data();
  }
  return address;
}

}  // namespace

TEST_CASE("BITOP knows the operations of Redis 8") {
  check_dialogue({{"SETBIT x 0 1", integer(0)},
                  {"SETBIT x 1 1", integer(0)},
                  {"SETBIT y 1 1", integer(0)},
                  {"SETBIT y 2 1", integer(0)},
                  {"SETBIT z 9 1", integer(0)},
                  {"BITOP DIFF d x y z", integer(2)},
                  {"BITFIELD_RO d GET u16 0", "*1\r\n:32768\r\n"},
                  {"BITOP diff1 d x y z", integer(2)},
                  {"BITFIELD_RO d GET u16 0", "*1\r\n:8256\r\n"},
                  {"BITOP ANDOR d x y z", integer(2)},
                  {"BITFIELD_RO d GET u16 0", "*1\r\n:16384\r\n"},
                  {"BITOP ONE d x y z", integer(2)},
                  {"BITFIELD_RO d GET u16 0", "*1\r\n:41024\r\n"},
                  {"BITOP ONE d x", integer(1)},
                  {"BITOP DIFF d none x", integer(1)},
                  {"BITFIELD_RO d GET u8 0", "*1\r\n:0\r\n"},
                  {"BITOP ANDOR d none none2", integer(0)},
                  {"EXISTS d", integer(0)},
                  {"BITOP DIFF d x", "-ERR BITOP DIFF" + kNeedsTwo},
                  {"BITOP diff1 d x", "-ERR BITOP DIFF1" + kNeedsTwo},
                  {"BITOP ANDOR d x", "-ERR BITOP ANDOR" + kNeedsTwo}});
}

TEST_CASE("BITOP gives what a loop over the bits gives, at every length") {
  const auto instance = start(2);
  Client client(*instance);
  Random random(5);
  for (size_t round = 0; round < 400; ++round) {
    const size_t size = round < 201 ? round : 4090 + random.below(12);
    std::vector<std::string> words{"BITOP", "", "d"}, sources;
    for (size_t i = 0; i < 2 + round % 3; ++i) {
      std::string bytes(i == 0 ? size : random.below(size + 1), '\0');
      for (char& byte : bytes) byte = static_cast<char>(random.below(256));
      const std::string key = "s" + std::to_string(i);
      client(request({"SET", key, bytes}));
      words.push_back(key);
      sources.push_back(bytes);
    }
    if (round % 4 == 0) words[2] = words[3 + random.below(sources.size())];  // in place
    const auto& [name, model] = kModels[round % kModels.size()];
    words[1] = name;
    INFO(name << " of " << sources.size() << " at " << size);
    const std::string expected = combined(model, sources);
    REQUIRE(client(request(words)) == integer(static_cast<int64_t>(expected.size())));
    REQUIRE(client(request({"GET", words[2]})) == (expected.empty() ? "$-1\r\n" : bulk(expected)));
  }
}

TEST_CASE("a bit of a big string is changed where it lies, unless a reply holds the string") {
  const auto instance = start(1);
  Client client(*instance);
  client("SETRANGE bits 1000000 end");
  client("SETRANGE other 1000000 end");
  const char* const address = address_of(*instance, "bits");
  CHECK(client("SETBIT bits 4000000 1") == integer(0));
  CHECK(client("BITFIELD bits SET u8 #500000 7") == "*1\r\n:128\r\n");
  CHECK(client("BITOP OR bits other bits") == integer(1'000'003));
  CHECK(client("EXPIRE bits 100") == integer(1));
  CHECK(client("BITOP XOR bits other bits") == integer(1'000'003));
  CHECK(client("TTL bits") == integer(-1));
  CHECK(address_of(*instance, "bits") == address);

  Entry* const entry = instance->runtime().shard(0).keyspace(0).find(
      {"bits", instance->runtime().hash("bits")});
  const SharedBytes held = SharedBytes::share(entry->shared());
  const std::string before(held.bytes());
  CHECK(client("SETBIT bits 4000003 1") == integer(0));
  CHECK(held.bytes() == before);
  const SharedBytes held_now = SharedBytes::share(
      instance->runtime().shard(0).keyspace(0).find({"bits", instance->runtime().hash("bits")})->shared());
  const std::string now(held_now.bytes());
  CHECK(now != before);
  CHECK(client("BITOP NOT bits bits") == integer(1'000'003));
  CHECK(held_now.bytes() == now);
}

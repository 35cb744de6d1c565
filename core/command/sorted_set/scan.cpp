// ZSCAN and ZRANDMEMBER: elements in no order of their own.
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "base/random.h"
#include "command/collection_scan.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/random_count.h"
#include "command/sorted_set/access.h"

namespace kevy {

namespace {

// As ZSCAN shows scores, always as strings; those of a big set, unlike all other commands, with up
// to 17 digits.
std::string scanned_score(const SortedSet& set, double score) {
  if (set.packed() || std::isinf(score)) return format_double(score);
  constexpr int kDigits = 17;
  char buffer[32];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, score, std::chars_format::general, kDigits);
  return std::string(buffer, end);
}

void zscan(Call& call) {
  scan_collection(call, Type::kZset, [](const Entry* entry, const ScanOptions& scan,
                                        FoundBytes& found) {
    const SortedSet set(entry);
    return set.scan(scan.cursor, scan.count, [&](Bytes member, double score) {
      if (!scan.wants(member)) return;
      found.add(member);
      if (!scan.names_only) found.add(scanned_score(set, score));
    });
  });
}

// `count` elements, each drawn from all of them.
void answer_repeated(Call& call, const SortedSet& set, uint64_t count, WithScores scores) {
  reply_elements(call.reply, count, scores);
  for (; count != 0; --count) {
    set.visit({thread_random().below(set.size()), 1}, Direction::kUp,
              [&](Bytes member, double score) {
                reply_element(call.reply, member, score, scores);
                return Walk::kGoOn;
              });
  }
}

// `count` different elements, fewer than there are, by Floyd's way of drawing them.
void answer_distinct(Call& call, const SortedSet& set, uint64_t count, WithScores scores) {
  std::unordered_set<uint64_t> drawn;
  reply_elements(call.reply, count, scores);
  for (uint64_t highest = set.size() - count; highest < set.size(); ++highest) {
    uint64_t rank = thread_random().below(highest + 1);
    if (!drawn.insert(rank).second) {
      rank = highest;
      drawn.insert(rank);
    }
    set.visit({rank, 1}, Direction::kUp, [&](Bytes member, double score) {
      reply_element(call.reply, member, score, scores);
      return Walk::kGoOn;
    });
  }
}

void answer_counted(Call& call) {
  const auto wanted = random_count(call, "withscores");
  if (!wanted) return;
  const int64_t count = wanted->count;
  const WithScores scores = wanted->with ? WithScores::kYes : WithScores::kNo;
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  if (count == 0 || set.empty()) {
    call.reply.array(0);
  } else if (count < 0) {
    if (check_repeated(call, count)) {
      answer_repeated(call, set, static_cast<uint64_t>(-count), scores);
    }
  } else if (static_cast<uint64_t>(count) < set.size()) {
    answer_distinct(call, set, static_cast<uint64_t>(count), scores);
  } else {
    reply_elements(call.reply, set.size(), scores);
    set.visit({0, set.size()}, Direction::kDown, [&](Bytes member, double score) {
      reply_element(call.reply, member, score, scores);
      return Walk::kGoOn;
    });
  }
}

void zrandmember(Call& call) {
  if (call.argc() > 2) {
    answer_counted(call);
    return;
  }
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  if (found.entry == nullptr) {
    call.reply.null();
    return;
  }
  const SortedSet set(found.entry);
  set.visit({thread_random().below(set.size()), 1}, Direction::kUp, [&](Bytes member, double) {
    call.reply.bulk(member);
    return Walk::kGoOn;
  });
}

constexpr CommandRow kRows[] = {
    {.name = "zscan", .arity = -3, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.8.0",
     .complexity = "O(1) a call, O(N) for a full iteration",
     .summary = "Walks through the elements, some at a call.",
     .syntax = "key cursor:integer [MATCH pattern] [COUNT count] [NOSCORES]",
     .handler = zscan},
    {.name = "zrandmember", .arity = -2, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(M*log(N)) in the elements answered",
     .summary = "Answers elements by chance.", .syntax = "key [count [WITHSCORES]]",
     .handler = zrandmember},
};

}  // namespace

CommandFamily sorted_set_scan_commands() { return kRows; }

}  // namespace kevy

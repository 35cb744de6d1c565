// ZSCAN and ZRANDMEMBER: elements in no order of their own.
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "base/glob.h"
#include "base/random.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "command/sorted_set_access.h"

namespace kevy {

namespace {

// What one call gathers at most of elements that may come again: their number alone is the client's.
constexpr int64_t kRepeatedMax = int64_t{1} << 24;

// Redis reads a cursor with the C library: it ends at a zero byte, a sign may stand before it, and
// nothing at all is 0.
std::optional<uint64_t> parse_cursor(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  const auto number = parse_uint64(text);
  return number && negative ? 0 - *number : number;
}

struct ScanOptions {
  std::optional<Bytes> pattern;
  int64_t count = 10;
};

bool read_scan_options(Call& call, ScanOptions& scan) {
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("count", 1)) {
      const auto count = integer_argument(call, options.value());
      if (!count) return false;
      if (*count < 1) {
        call.error(errors::kSyntax);
        return false;
      }
      scan.count = *count;
    } else if (options.next_is("match", 1)) {
      scan.pattern = options.value();
      if (scan.pattern == "*") scan.pattern.reset();
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// As ZSCAN shows scores, always as strings; a packed integer in all its digits.
std::string scanned_score(const SortedSet& set, double score) {
  if (!set.packed() || score != std::floor(score) || std::fabs(score) > PackedScore::kIntegerMax) {
    return format_double(score);
  }
  char digits[kIntegerTextMax];
  return std::string(format_int64(static_cast<int64_t>(score), digits));
}

void zscan(Call& call) {
  const auto cursor = parse_cursor(call.args[2]);
  if (!cursor) {
    call.error("ERR invalid cursor");
    return;
  }
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  ScanOptions options;
  if (found.entry != nullptr && !read_scan_options(call, options)) return;
  const SortedSet set(found.entry);
  std::vector<std::string> elements;
  const uint64_t next =
      set.scan(*cursor, static_cast<size_t>(options.count), [&](Bytes member, double score) {
        if (options.pattern && !glob_match(*options.pattern, member)) return;
        elements.emplace_back(member);
        elements.push_back(scanned_score(set, score));
      });
  char digits[kIntegerTextMax + 1];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, next);
  call.reply.array(2);
  call.reply.bulk({digits, static_cast<size_t>(end - digits)});
  call.reply.array(elements.size());
  for (const std::string& element : elements) call.reply.bulk(element);
}

// `count` elements, each drawn from all of them.
void answer_repeated(Call& call, const SortedSet& set, uint64_t count, WithScores scores) {
  reply_elements(call.reply, count, scores);
  for (; count != 0; --count) {
    set.visit({thread_random().below(set.size()), 1}, Direction::kUp,
              [&](Bytes member, double score) { reply_element(call.reply, member, score, scores); });
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
    set.visit({rank, 1}, Direction::kUp,
              [&](Bytes member, double score) { reply_element(call.reply, member, score, scores); });
  }
}

void answer_counted(Call& call) {
  const auto count = integer_argument(call, call.args[2]);
  if (!count) return;
  if (*count == INT64_MIN) {
    call.error(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return;
  }
  WithScores scores = WithScores::kNo;
  if (call.argc() > 3) {
    if (call.argc() > 4 || !equals_ignoring_case(call.args[3], "withscores")) {
      call.error(errors::kSyntax);
      return;
    }
    scores = WithScores::kYes;
  }
  const bool too_many = scores == WithScores::kYes &&
                        (*count > INT64_MAX / 2 || *count < -(INT64_MAX / 2));
  if (too_many || *count < -kRepeatedMax) {
    call.error("ERR value is out of range");
    return;
  }
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  if (*count == 0 || set.empty()) {
    call.reply.array(0);
  } else if (*count < 0) {
    answer_repeated(call, set, static_cast<uint64_t>(-*count), scores);
  } else if (static_cast<uint64_t>(*count) < set.size()) {
    answer_distinct(call, set, static_cast<uint64_t>(*count), scores);
  } else {
    reply_elements(call.reply, set.size(), scores);
    set.visit({0, set.size()}, Direction::kDown, [&](Bytes member, double score) {
      reply_element(call.reply, member, score, scores);
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
  set.visit({thread_random().below(set.size()), 1}, Direction::kUp,
            [&](Bytes member, double) { call.reply.bulk(member); });
}

constexpr CommandRow kRows[] = {
    {.name = "zscan", .arity = -3, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "2.8.0",
     .complexity = "O(1) a call, O(N) for a full iteration",
     .summary = "Walks through the elements, some at a call.",
     .syntax = "key cursor:integer [MATCH pattern] [COUNT count]", .handler = zscan},
    {.name = "zrandmember", .arity = -2, .flags = kReadonly, .categories = kAclSortedSet,
     .keys = kOneReadAccess, .group = "sorted-set", .since = "6.2.0",
     .complexity = "O(M*log(N)) in the elements answered",
     .summary = "Answers elements by chance.", .syntax = "key [count [WITHSCORES]]",
     .handler = zrandmember},
};

}  // namespace

CommandFamily sorted_set_scan_commands() { return kRows; }

}  // namespace kevy

// LCS: the longest common subsequence of two strings, by the usual table of lengths.
#include <algorithm>
#include <vector>

#include "command/arguments.h"
#include "command/families.h"
#include "command/string/value.h"

namespace kevy {

namespace {

struct LcsOptions {
  bool length = false;
  bool ranges = false;
  bool with_lengths = false;
  int64_t length_min = 0;
};

bool read_options(Call& call, LcsOptions& lcs) {
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("idx")) {
      lcs.ranges = true;
    } else if (options.next_is("len")) {
      lcs.length = true;
    } else if (options.next_is("withmatchlen")) {
      lcs.with_lengths = true;
    } else if (options.next_is("minmatchlen", 1)) {
      const auto number = integer_argument(call, options.value());
      if (!number) return false;
      lcs.length_min = std::max<int64_t>(*number, 0);
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (!lcs.ranges || !lcs.length) return true;
  call.error("ERR If you want both the length and indexes, please just use IDX.");
  return false;
}

struct Range {
  size_t a_first, a_last, b_first, b_last;
};

/// lengths[i * (b.size() + 1) + j]: of the first i bytes of a and the first j of b.
class LcsTable {
 public:
  LcsTable(Bytes a, Bytes b) : a_(a), b_(b), lengths_((a.size() + 1) * (b.size() + 1)) {
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        at(i, j) = a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1
                                        : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }

  uint32_t length() { return at(a_.size(), b_.size()); }

  /// Walks back from the end; gives the text and the runs that match in both, the last one first.
  std::string trace(std::vector<Range>& runs) {
    std::string text(length(), '\0');
    size_t left = text.size(), i = a_.size(), j = b_.size();
    bool open = false;
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        text[--left] = a_[i - 1];
        if (open && runs.back().a_first == i && runs.back().b_first == j) {
          --runs.back().a_first;
          --runs.back().b_first;
        } else {
          runs.push_back({i - 1, i - 1, j - 1, j - 1});
          open = true;
        }
        --i;
        --j;
      } else if (at(i - 1, j) > at(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
    return text;
  }

 private:
  uint32_t& at(size_t i, size_t j) { return lengths_[i * (b_.size() + 1) + j]; }

  Bytes a_;
  Bytes b_;
  std::vector<uint32_t> lengths_;
};

void reply_range(Reply& reply, size_t first, size_t last) {
  reply.array(2);
  reply.integer(static_cast<int64_t>(first));
  reply.integer(static_cast<int64_t>(last));
}

void reply_runs(Call& call, const LcsOptions& options, std::vector<Range> runs, uint32_t length) {
  std::erase_if(runs, [&](const Range& run) {
    return static_cast<int64_t>(run.a_last - run.a_first + 1) < options.length_min;
  });
  call.reply.map(2);
  call.reply.bulk("matches");
  call.reply.array(runs.size());
  for (const Range& run : runs) {
    call.reply.array(options.with_lengths ? 3 : 2);
    reply_range(call.reply, run.a_first, run.a_last);
    reply_range(call.reply, run.b_first, run.b_last);
    if (options.with_lengths) {
      call.reply.integer(static_cast<int64_t>(run.a_last - run.a_first + 1));
    }
  }
  call.reply.bulk("len");
  call.reply.integer(length);
}

void lcs(Call& call) {
  const Entry* first = call.find_read(call.key(1));
  const Entry* second = call.find_read(call.key(2));
  if ((first != nullptr && !first->is_string()) || (second != nullptr && !second->is_string())) {
    call.error("ERR The specified keys must contain string values");
    return;
  }
  LcsOptions options;
  if (!read_options(call, options)) return;
  const StringText a(first), b(second);
  const auto memory_max = static_cast<uint64_t>(
      call.runtime.settings().proto_max_bulk_len.load(std::memory_order_relaxed));
  if (a.bytes().size() + 1 > memory_max / sizeof(uint32_t) / (b.bytes().size() + 1)) {
    call.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return;
  }
  LcsTable table(a.bytes(), b.bytes());
  if (options.length) {
    call.reply.integer(table.length());
    return;
  }
  std::vector<Range> runs;
  const std::string text = table.trace(runs);
  if (options.ranges) {
    reply_runs(call, options, std::move(runs), table.length());
  } else {
    call.reply.bulk(text);
  }
}

constexpr KeySpec kTwoRead[] = {{1, 2, 1, kKeyRO | kKeyAccess}};

constexpr CommandRow kRows[] = {
    {.name = "lcs", .arity = -3, .flags = kReadonly, .categories = kAclString, .keys = kTwoRead,
     .group = "string", .since = "7.0.0", .complexity = "O(N*M) in the lengths of the strings",
     .summary = "Finds the longest common subsequence of two strings.",
     .syntax = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
     .handler = lcs},
};

}  // namespace

CommandFamily lcs_commands() { return kRows; }

}  // namespace kevy

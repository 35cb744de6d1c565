// Lists: elements found by their value.
#include <vector>

#include "command/families.h"
#include "command/key_specs.h"
#include "command/list/arguments.h"

namespace kevy {

namespace {

/// LPOS: from which match on, how many, and how many elements may be looked at (0: all).
struct PositionOptions {
  End from = End::kFront;
  uint64_t rank = 1;
  std::optional<int64_t> count;
  int64_t elements_max = 0;
};

bool read_rank(Call& call, Bytes text, PositionOptions& position) {
  const auto rank = negatable_argument(call, text);
  if (!rank) return false;
  if (*rank == 0) {
    call.error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
    return false;
  }
  position.from = *rank > 0 ? End::kFront : End::kBack;
  position.rank = static_cast<uint64_t>(std::abs(*rank));
  return true;
}

bool read_position_options(Call& call, PositionOptions& position) {
  const auto not_negative = [&](Bytes text, Bytes error) {
    const auto number = parse_int64(text);
    if (number && *number >= 0) return number;
    call.error(error);
    return std::optional<int64_t>();
  };
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("rank", 1)) {
      if (!read_rank(call, options.value(), position)) return false;
    } else if (options.next_is("count", 1)) {
      position.count = not_negative(options.value(), "ERR COUNT can't be negative");
      if (!position.count) return false;
    } else if (options.next_is("maxlen", 1)) {
      const auto max = not_negative(options.value(), "ERR MAXLEN can't be negative");
      if (!max) return false;
      position.elements_max = *max;
    } else {
      call.error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// The indices of the elements that LPOS is about, at most `max` of them.
std::vector<int64_t> positions(const List& list, Bytes value, const PositionOptions& options,
                               size_t max) {
  std::vector<int64_t> found;
  const ListElement wanted(value);
  const size_t size = list.size();
  const bool front = options.from == End::kFront;
  const size_t last =
      options.elements_max == 0 ? size : std::min(size, static_cast<size_t>(options.elements_max));
  ListCursor cursor(list, front ? 0 : size - 1, options.from);
  uint64_t matches = 0;
  for (size_t i = 0; i < last; ++i, cursor.next()) {
    if (!cursor.equals(wanted) || ++matches < options.rank) continue;
    found.push_back(static_cast<int64_t>(front ? i : size - 1 - i));
    if (found.size() == max) break;
  }
  return found;
}

void lpos(Call& call) {
  PositionOptions options;
  if (!read_position_options(call, options)) return;
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kList);
  if (wrong) return;
  const bool many = options.count.has_value();
  const auto count = static_cast<size_t>(options.count.value_or(1));
  const size_t max = count == 0 ? SIZE_MAX : count;  // 0 asks for all
  const auto found = positions(List(entry), call.args[2], options, max);
  if (many) {
    call.reply.array(found.size());
    for (const int64_t index : found) call.reply.integer(index);
  } else if (found.empty()) {
    call.reply.null();
  } else {
    call.reply.integer(found[0]);
  }
}

void lrem(Call& call) {
  const auto count = negatable_argument(call, call.args[2]);
  if (!count) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  List list(call.keyspace(key), key, entry);
  const uint64_t max = *count == 0 ? UINT64_MAX : static_cast<uint64_t>(std::abs(*count));
  const End from = *count < 0 ? End::kBack : End::kFront;
  const size_t removed = list.erase_equal(call.args[3], max, from, list_limit(call));
  if (removed != 0) {
    const bool empty = list.empty();
    call.changed(key, kEventList, "lrem");
    call.count_as(key, removed);
    if (empty) erase_empty(call, key);
  }
  call.reply.integer(static_cast<int64_t>(removed));
}

void linsert(Call& call) {
  const bool before = equals_ignoring_case(call.args[2], "before");
  if (!before && !equals_ignoring_case(call.args[2], "after")) {
    call.error(errors::kSyntax);
    return;
  }
  if (!check_elements(call, call.args.subspan(4))) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kList);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  List list(call.keyspace(key), key, entry);
  const auto pivot = positions(list, call.args[3], {}, 1);
  if (pivot.empty()) {
    call.reply.integer(-1);
    return;
  }
  list.insert(static_cast<size_t>(pivot[0]) + (before ? 0 : 1), call.args[4], list_limit(call));
  call.changed(key, kEventList, "linsert");
  call.reply.integer(static_cast<int64_t>(list.size()));
}

constexpr CommandRow kRows[] = {
    {.name = "lpos", .arity = -3, .flags = kReadonly, .categories = kAclList,
     .keys = kOneReadAccess, .group = "list", .since = "6.0.6",
     .complexity = "O(N) in the elements looked at",
     .summary = "Answers at which indices of a list an element stands.",
     .syntax = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
     .handler = lpos},
    {.name = "lrem", .arity = 4, .flags = kWrite, .categories = kAclList, .keys = kOneDelete,
     .group = "list", .since = "1.0.0", .complexity = "O(N) in the elements of the list",
     .summary = "Removes elements by their value: some from one end on, or all.",
     .syntax = "key count element", .handler = lrem},
    {.name = "linsert", .arity = 5, .flags = kWrite | kDenyOom, .categories = kAclList,
     .keys = kOneInsert, .group = "list", .since = "2.2.0",
     .complexity = "O(N) in the elements before the pivot",
     .summary = "Puts an element before or after another one of a list.",
     .syntax = "key <BEFORE|AFTER> pivot element", .handler = linsert},
};

}  // namespace

CommandFamily list_search_commands() { return kRows; }

}  // namespace kevy

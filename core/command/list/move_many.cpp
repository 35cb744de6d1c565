// LMOVEM: takes several elements from an end of one list to an end of another, as one step.
#include "command/list/move_many.h"

#include <algorithm>
#include <string>
#include <vector>

#include "command/families.h"
#include "command/key_specs.h"

namespace kevy {

std::optional<ManyMove> read_many_move(Call& call, size_t options_at) {
  const auto from = end_argument(call, call.args[3]);
  const auto to = from ? end_argument(call, call.args[4]) : std::nullopt;
  if (!to) return std::nullopt;
  ManyMove move{*from, *to};
  Options options(call.args, options_at);
  if (options.done()) return move;
  move.exactly = options.next_is("exactly", 2);
  if (!move.exactly && !options.next_is("count", 2)) {
    call.error(errors::kSyntax);
    return std::nullopt;
  }
  const auto count = parse_int64(options.value());
  move.one_by_one = options.next_is("obo");
  if ((!move.one_by_one && !options.next_is("bulk")) || !options.done()) {
    call.error(errors::kSyntax);
  } else if (!count || *count < 1) {
    call.error("ERR count should be greater than 0");
  } else {
    move.count = *count;
    return move;
  }
  return std::nullopt;
}

namespace {

using Move = ManyMove;

/// Elements on their way, in the order in which they will stand.
struct Block {
  std::vector<std::string> elements;
  std::vector<Bytes> words;  // a verb, a key, and the elements in the order of a push

  Block(const List& list, const Move& move, size_t count) {
    elements.reserve(count);
    const size_t first = move.from == End::kFront ? 0 : list.size() - count;
    list.for_range(first, count, End::kFront, [&](Bytes element) {
      elements.emplace_back(element);
      return Walk::kGoOn;
    });
    // Each next one goes outside of the one before.
    if (move.one_by_one && move.from == move.to) std::reverse(elements.begin(), elements.end());
  }
  Args push_words(Bytes key, End to) {
    words.assign({to == End::kFront ? "LPUSH" : "RPUSH", key});
    words.insert(words.end(), elements.begin(), elements.end());
    if (to == End::kFront) std::reverse(words.begin() + 2, words.end());
    return words;
  }
  Args values() const { return Args(words).subspan(2); }
};

// Logs it in commands that every version knows.
void log_move_within(Call& call, const Key& key, const Move& move, size_t size, Block& block) {
  const auto count = static_cast<int64_t>(block.elements.size());
  char digits[kIntegerTextMax];
  if (move.from != move.to) {
    call.effect(block.push_words(key.bytes, move.to));
    if (move.from == End::kFront) {
      call.effect({"LTRIM", key.bytes, format_int64(count, digits), "-1"});
    } else {
      call.effect({"LTRIM", key.bytes, "0", format_int64(-count - 1, digits)});
    }
    return;
  }
  int64_t index = move.from == End::kFront ? 0 : static_cast<int64_t>(size) - count;
  for (const std::string& element : block.elements) {
    call.effect({"LSET", key.bytes, format_int64(index++, digits), element});
  }
}

void move_within(Call& call, const Key& key, Entry* entry, const Move& move, Block& block) {
  const ListLimit limit = list_limit(call);
  List list(call.keyspace(key), key, entry);
  const size_t size = list.size(), count = block.elements.size();
  const bool front = move.from == End::kFront;
  if (call.logged()) log_move_within(call, key, move, size, block);
  if (move.from != move.to && count != size) {
    list.prepare_erase(front ? count - 1 : size - count);
    block.push_words(key.bytes, move.to);
    list.push(move.to, block.values(), limit);
    list.erase(front ? 0 : size, count, limit);
  } else if (move.from == move.to && move.one_by_one && count > 1) {
    std::vector<std::string> others;
    others.reserve(size - count);
    list.for_range(front ? count : 0, size - count, End::kFront, [&](Bytes element) {
      others.emplace_back(element);
      return Walk::kGoOn;
    });
    std::vector<Bytes> all(block.elements.begin(), block.elements.end());
    all.insert(front ? all.end() : all.begin(), others.begin(), others.end());
    list.replace_all(all, limit);
  }
  call.changed(key, kEventList, push_event(move.to));
  call.changed(key, kEventList, pop_event(move.from));
  call.count_as(key, 0);
}

void move_between(Call& call, const Key& source, Entry* source_entry, const Key& destination,
                  Entry* entry, const Move& move, Block& block) {
  const ListLimit limit = list_limit(call);
  List list(call.keyspace(source), source, source_entry);
  const size_t size = list.size(), count = block.elements.size();
  const bool front = move.from == End::kFront;
  if (call.logged()) {
    char digits[kIntegerTextMax];
    call.effect(
        {front ? "LPOP" : "RPOP", source.bytes, format_int64(static_cast<int64_t>(count), digits)});
    call.effect(block.push_words(destination.bytes, move.to));
  }
  block.push_words(destination.bytes, move.to);
  list.prepare_erase(front ? count - 1
                           : size - count);  // so that what is pushed need not be taken back
  List(call.keyspace(destination), destination, entry).push(move.to, block.values(), limit);
  if (size != count) list.erase(front ? 0 : size - count, count, limit);
  if (entry == nullptr) call.made(destination);
  call.changed(destination, kEventList, push_event(move.to));
  call.changed(source, kEventList, pop_event(move.from));
  call.count_as(source, 0);
  if (size == count) erase_empty(call, source);
}

}  // namespace

bool move_many(Call& call, const ManyMove& move) {
  const Key source = call.key(1), destination = call.key(2);
  const auto [source_entry, wrong] = find_to_write(call, source, Type::kList);
  if (wrong) return true;
  const size_t size = List(source_entry).size();
  if (size == 0 || (move.exactly && size < static_cast<uint64_t>(move.count))) return false;
  const auto [entry, wrong_destination] = find_to_write(call, destination, Type::kList);
  if (wrong_destination) return true;
  const size_t count = std::min(size, static_cast<size_t>(move.count));
  Block block(List(source_entry), move, count);
  call.reply.array(count);
  for (const std::string& element : block.elements) call.reply.bulk(element);
  if (source.bytes == destination.bytes) {
    move_within(call, source, source_entry, move, block);
  } else {
    move_between(call, source, source_entry, destination, entry, move, block);
  }
  return true;
}

namespace {

void lmovem(Call& call) {
  const auto move = read_many_move(call, 5);
  if (!move || move_many(call, *move)) return;
  if (move->exactly) {
    call.reply.null_array();
  } else {
    call.reply.array(0);
  }
}

constexpr KeySpec kKeys[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete},
                             {2, 2, 1, kKeyRW | kKeyInsert}};

constexpr CommandRow kRows[] = {
    {.name = "lmovem",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kAclList,
     .keys = kKeys,
     .group = "list",
     .since = "8.10.0",
     .complexity = "O(N) in the elements moved",
     .summary = "Takes elements from an end of one list to an end of another, and answers them.",
     .syntax = "source:key destination:key <LEFT|RIGHT> <LEFT|RIGHT> "
               "[<COUNT count|EXACTLY exactly:integer> <OBO|BULK>]",
     .handler = lmovem},
};

}  // namespace

CommandFamily list_move_commands() { return kRows; }

}  // namespace kevy

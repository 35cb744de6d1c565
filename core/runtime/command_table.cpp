#include "runtime/command_table.h"

#include <bit>

#include "base/check.h"

namespace kevy {

namespace {

// The letters A to Z of eight bytes in lower case.
uint64_t lower_case(uint64_t word) noexcept {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = kOnes << 7;
  const uint64_t low_bits = word & ~kHighs;
  const uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const uint64_t above_z = low_bits + kOnes * (0x7f - 'Z');
  const uint64_t is_upper = ~word & kHighs & (from_a ^ above_z);
  return word | is_upper >> 2;
}

}  // namespace

// `verb` has at most kSizeMax bytes.
CommandTable::Name::Name(Bytes verb) noexcept : size(verb.size()) {
  for (size_t i = 0; i * 8 < size; ++i) {
    words[i] = lower_case(load_short(verb.data() + i * 8, size - i * 8));
  }
}

uint64_t CommandTable::Name::hash() const noexcept {
  const uint64_t mixed = (words[0] ^ words[1] << 1 ^ words[2] << 2) * 0x9e3779b97f4a7c15;
  return mixed >> 40;
}

CommandTable::CommandTable(std::span<const std::span<const CommandRow>> families) {
  for (const auto& family : families) {
    for (const CommandRow& row : family) rows_.push_back(&row);
  }
  slots_.resize(std::bit_ceil(rows_.size() * 4));
  for (const CommandRow* row : rows_) {
    KEVY_CHECK(row->name.size() <= Name::kSizeMax && find(row->name) == nullptr);
    const Name name(row->name);
    size_t i = name.hash() & (slots_.size() - 1);
    while (slots_[i].row != nullptr) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {name, row};
  }
}

const CommandRow* CommandTable::find(Bytes verb) const noexcept {
  if (verb.size() > Name::kSizeMax) return nullptr;
  const Name name(verb);
  for (size_t i = name.hash() & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.name == name || slot.row == nullptr) return slot.row;
  }
}

const CommandRow* CommandTable::find_subcommand(const CommandRow& row, Bytes word) noexcept {
  for (const CommandRow& sub : row.subcommands) {
    if (equals_ignoring_case(word, sub.name)) return &sub;
  }
  return &row;
}

const CommandRow* CommandTable::parent(const CommandRow& row) const noexcept {
  for (const CommandRow* verb : rows_) {
    const auto& subs = verb->subcommands;
    if (!subs.empty() && &row >= subs.data() && &row < subs.data() + subs.size()) return verb;
  }
  return nullptr;
}

}  // namespace kevy

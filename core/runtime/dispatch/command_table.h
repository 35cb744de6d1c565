// CommandTable: finds the row of a verb. Built once from the families' rows, constant afterwards,
// so any thread may read it.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "runtime/dispatch/command.h"

namespace kevy {

class CommandTable {
 public:
  explicit CommandTable(std::span<const std::span<const CommandRow>> families);

  /// The row of a verb in any case, subcommands not considered; nullptr when there is none.
  const CommandRow* find(Bytes verb) const noexcept {
    if (verb.size() > kShortMax) [[unlikely]] return find_long(verb);
    const uint64_t name = load_short(verb.data(), verb.size()) | kLowerCase;
    for (size_t i = slot_of(name);; i = (i + 1) & (short_.size() - 1)) {
      const Short& slot = short_[i];
      if (slot.row == nullptr) [[unlikely]] return find_long(verb);
      if (slot.name == name && slot.row->name.size() == verb.size()) return slot.row;
    }
  }
  /// The row that `args` call for: the subcommand's, where the verb has subcommands. When there is
  /// no such subcommand, the row of the verb itself, whose handler is then nullptr.
  const CommandRow* find(Args args) const noexcept {
    const CommandRow* row = find(args[0]);
    if (row == nullptr || row->subcommands.empty() || args.size() < 2) [[likely]] return row;
    return find_subcommand(*row, args[1]);
  }

  /// All rows in the order of their families.
  std::span<const CommandRow* const> rows() const noexcept { return rows_; }
  /// The verb that `row` is a subcommand of; nullptr for a verb.
  const CommandRow* parent(const CommandRow& row) const noexcept;

 private:
  static constexpr size_t kShortMax = 8;
  /// Turns letters into small ones, and nothing else into a letter.
  static constexpr uint64_t kLowerCase = 0x2020202020202020;
  /// A verb short enough to be compared at once, of letters alone.
  struct Short {
    uint64_t name = 0;
    const CommandRow* row = nullptr;
  };

  size_t slot_of(uint64_t name) const noexcept {
    return static_cast<size_t>(name * 0x9e3779b97f4a7c15 >> 40) & (short_.size() - 1);
  }
  const CommandRow* find_long(Bytes verb) const noexcept;
  static const CommandRow* find_subcommand(const CommandRow& row, Bytes word) noexcept;

  std::vector<const CommandRow*> rows_;
  std::vector<Short> short_;  // open addressing, a power of two, at most a quarter full
  std::unordered_map<Bytes, const CommandRow*> long_;  // all others
};

}  // namespace kevy

// CommandTable: finds the row of a verb. Built once from the families' rows, constant afterwards,
// so any thread may read it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/command.h"

namespace kevy {

class CommandTable {
 public:
  explicit CommandTable(std::span<const std::span<const CommandRow>> families);

  /// The row of a verb in any case, subcommands not considered; nullptr when there is none.
  const CommandRow* find(Bytes verb) const noexcept;
  /// The row that `args` call for: the subcommand's, where the verb has subcommands. When there is
  /// no such subcommand, the row of the verb itself, whose handler is then nullptr.
  const CommandRow* find(Args args) const noexcept;

  /// All rows in the order of their families.
  std::span<const CommandRow* const> rows() const noexcept { return rows_; }
  /// The verb that `row` is a subcommand of; nullptr for a verb.
  const CommandRow* parent(const CommandRow& row) const noexcept;

 private:
  static constexpr size_t kNameMax = 32;
  struct Slot {
    uint64_t hash = 0;
    const CommandRow* row = nullptr;
  };
  static uint64_t hash(Bytes verb) noexcept;

  std::vector<const CommandRow*> rows_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most a quarter full
};

}  // namespace kevy

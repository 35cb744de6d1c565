// CommandTable: finds the row of a verb. Built once from the families' rows, constant afterwards,
// so any thread may read it.
#pragma once

#include <array>
#include <cstdint>
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
  /// A verb in lower case, in words that are quickly compared.
  struct Name {
    static constexpr size_t kSizeMax = 24;
    std::array<uint64_t, kSizeMax / 8> words{};
    size_t size = 0;

    explicit Name(Bytes verb) noexcept;
    Name() = default;
    bool operator==(const Name& other) const noexcept {
      return ((words[0] ^ other.words[0]) | (words[1] ^ other.words[1]) |
              (words[2] ^ other.words[2]) | (size ^ other.size)) == 0;
    }
    uint64_t hash() const noexcept;
  };
  struct Slot {
    Name name;
    const CommandRow* row = nullptr;
  };

  static const CommandRow* find_subcommand(const CommandRow& row, Bytes word) noexcept;

  std::vector<const CommandRow*> rows_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most a quarter full
};

}  // namespace kevy

// Manifest: which files of appendonlydir make up the append-only file, and in which order: a base,
// if there is one, and increments that follow it. Redis' own format. Knows no file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace kevy {

struct Manifest {
  struct File {
    std::string name;
    uint64_t sequence = 0;
  };
  std::optional<File> base;
  std::vector<File> history;  // not needed any more
  std::vector<File> increments;

  uint64_t last_increment() const noexcept {
    return increments.empty() ? 0 : increments.back().sequence;
  }
  /// Whether it is one of its files, needed or not.
  bool names(const std::string& name) const noexcept;
  std::string text() const;
  /// What is wrong is told by line.
  static Result<Manifest> parse(Bytes text);

  static std::string name_of_base(const std::string& prefix, uint64_t sequence) {
    return prefix + '.' + std::to_string(sequence) + ".base.rdb";
  }
  static std::string name_of_increment(const std::string& prefix, uint64_t sequence) {
    return prefix + '.' + std::to_string(sequence) + ".incr.aof";
  }
};

}  // namespace kevy

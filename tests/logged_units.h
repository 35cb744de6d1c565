// What a write log's stream says, taken apart again into the units that were appended: for tests
// that look at effects one by one.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/mutation/write_log.h"

namespace kevy::test {

struct Effect {
  int database;
  std::vector<std::string> args;
};
using LoggedUnit = std::vector<Effect>;

/// Takes the words of commands one after another and puts the units together.
class UnitReader {
 public:
  /// The units that the text, which is to consist of whole ones, adds.
  void read(const std::string& text, std::vector<LoggedUnit>& units) {
    for (size_t at = 0; at < text.size();) {
      std::vector<std::string> words(number(text, at, '*'));
      for (std::string& word : words) {
        const size_t size = number(text, at, '$');
        word = text.substr(at, size);
        at += size + 2;
      }
      take(std::move(words), units);
    }
    if (open_) throw std::runtime_error("a MULTI without EXEC");
  }

 private:
  static size_t number(const std::string& text, size_t& at, char mark) {
    if (text.at(at) != mark) throw std::runtime_error("no RESP: " + text.substr(at, 40));
    const size_t end = text.find("\r\n", at);
    const size_t value = std::stoul(text.substr(at + 1, end - at - 1));
    at = end + 2;
    return value;
  }
  void take(std::vector<std::string> words, std::vector<LoggedUnit>& units) {
    if (words[0] == "SELECT") {
      database_ = std::stoi(words[1]);
    } else if (words[0] == "MULTI") {
      open_ = true;
    } else if (words[0] == "EXEC") {
      if (parts_.size() < 2) throw std::runtime_error("MULTI and EXEC round one effect");
      units.push_back(std::move(parts_));
      parts_.clear();
      open_ = false;
    } else if (open_) {
      parts_.push_back({database_, std::move(words)});
    } else {
      units.push_back({{database_, std::move(words)}});
    }
  }

  int database_ = -1;
  bool open_ = false;
  LoggedUnit parts_;
};

/// The bytes that have come since the last call.
inline std::string take_bytes(WriteLog& log) {
  std::string text;
  iovec pieces[64];
  while (const size_t count = log.peek(pieces)) {
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      size += pieces[i].iov_len;
    }
    log.consume(size);
  }
  return text;
}

/// A log whose stream is read by the test, without bounds.
class MemoryLog final : public WriteLog {
 public:
  MemoryLog() : WriteLog(SIZE_MAX) {}
  /// All units since the last clear().
  std::vector<LoggedUnit>& units() {
    reader_.read(take_bytes(*this), units_);
    if (broken()) throw std::runtime_error("the log is broken");
    return units_;
  }
  void clear() { units().clear(); }

 private:
  UnitReader reader_;
  std::vector<LoggedUnit> units_;
};

}  // namespace kevy::test

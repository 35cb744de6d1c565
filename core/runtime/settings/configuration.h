// Configuration: the directives of redis.conf that this instance has, by name. CONFIG, the start
// options and the configuration file all go through it. Any thread may call any method.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace kevy {

class Configuration {
 public:
  struct Directive {
    std::function<std::string()> get;
    /// Takes a new value; returns what is wrong with it, or nothing. A directive without this
    /// function can be set by start options alone.
    std::function<std::optional<std::string>(Bytes text)> set;
  };
  using Pair = std::pair<std::string, std::string>;

  void add(std::string name, Directive directive) {
    directives_.emplace(std::move(name), std::move(directive));
  }

  bool has(const std::string& name) const { return directives_.count(name) != 0; }

  /// The directives whose name matches one of the patterns, in the order of their names.
  std::vector<Pair> get(Args patterns) const;
  /// Sets all or none. Returns the name of the directive at fault and what is wrong.
  std::optional<Pair> set(const std::vector<Pair>& values);

  /// Called after every set() that succeeded, on its thread.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  std::string password() const {
    std::lock_guard guard(lock_);
    return password_;
  }
  void set_password(Bytes password) { password_ = std::string(password); }  // under set()

 private:
  std::optional<Pair> set_all(const std::vector<Pair>& values);

  mutable std::mutex lock_;
  std::map<std::string, Directive> directives_;  // constant after the start
  std::function<void()> on_change_;              // the same
  std::string password_;
};

}  // namespace kevy

#include "runtime/settings/configuration.h"

#include "base/glob.h"

namespace kevy {

std::vector<Configuration::Pair> Configuration::get(Args patterns) const {
  std::lock_guard guard(lock_);
  std::vector<Pair> found;
  for (const auto& [name, directive] : directives_) {
    for (const Bytes pattern : patterns) {
      if (!glob_match(pattern, name, true)) continue;
      found.emplace_back(name, name == "requirepass" ? password_ : directive.get());
      break;
    }
  }
  return found;
}

std::optional<Configuration::Pair> Configuration::set(const std::vector<Pair>& values) {
  auto wrong = set_all(values);
  if (!wrong && on_change_) on_change_();
  return wrong;
}

std::optional<Configuration::Pair> Configuration::set_all(const std::vector<Pair>& values) {
  std::lock_guard guard(lock_);
  std::vector<Pair> before;
  const auto undo = [&] {
    for (const auto& [name, value] : before) directives_.at(name).set(value);
  };
  for (const auto& [name, value] : values) {
    const Directive& directive = directives_.at(name);
    if (!directive.set) {
      undo();
      return Pair{name, "can't set immutable config"};
    }
    std::string old = name == "requirepass" ? password_ : directive.get();
    if (auto wrong = directive.set(value)) {
      undo();
      return Pair{name, *wrong};
    }
    before.emplace_back(name, std::move(old));
  }
  return std::nullopt;
}

}  // namespace kevy

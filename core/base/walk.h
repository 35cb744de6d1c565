// Walk: what a visitor answers, so that no walk goes on when the visitor has what it wants. Whoever
// visits elements takes visitors of this kind alone: one that forgets to answer does not compile.
#pragma once

#include <concepts>
#include <type_traits>

namespace kevy {

enum class Walk : bool { kStop, kGoOn };

/// Answers Walk when called with such arguments.
template <typename Visit, typename... Arguments>
concept Visitor = std::same_as<std::invoke_result_t<Visit&, Arguments...>, Walk>;

}  // namespace kevy

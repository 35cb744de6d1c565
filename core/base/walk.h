// Walk: the answer of a visitor, which says whether the walk goes on. Functions that visit elements
// take only visitors that answer, so one that forgets to stop the walk does not compile.
#pragma once

#include <concepts>
#include <type_traits>

namespace kevy {

enum class Walk : bool { kStop, kGoOn };

/// Answers Walk when called with such arguments.
template <typename Visit, typename... Arguments>
concept Visitor = std::same_as<std::invoke_result_t<Visit&, Arguments...>, Walk>;

}  // namespace kevy

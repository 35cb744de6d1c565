// The C library's functions that take a locale, used with the C locale, so that no reply depends on
// what the host has chosen.
#pragma once

#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale is POSIX

#include <cstring>

namespace kevy {

/// The C locale is part of the C library: nothing is allocated for it, and it lives as long as the
/// process.
inline locale_t c_locale() noexcept {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

/// The text of an error number. Lives until the thread asks for another.
inline const char* error_text(int code) noexcept { return strerror_l(code, c_locale()); }

}  // namespace kevy

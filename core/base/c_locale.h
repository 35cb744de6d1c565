// What the C library does after a locale, done after the C locale, whatever the host has chosen.
#pragma once

#include <locale.h>  // NOLINT(modernize-deprecated-headers): newlocale is POSIX

#include <cstring>

namespace kevy {

/// Is part of the C library: nothing is allocated for it, and it lives as long as the process.
inline locale_t c_locale() noexcept {
  static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

/// The text of an error number. Lives until the thread asks for another.
inline const char* error_text(int code) noexcept { return strerror_l(code, c_locale()); }

}  // namespace kevy

// The C library as Lua gets to see it: numbers and letters as in the C locale, whatever the host
// has chosen; no files, no end of the process, and no chance that others share. Dependencies.cmake
// has Lua call these in place of the functions that they are named after.
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"
#include "base/c_locale.h"
#include "base/check.h"

namespace kevy {
namespace {

/// One conversion of a format: flags, width, precision.
struct Conversion {
  bool left = false, plus = false, space = false, alternative = false, zero = false;
  size_t width = 0;
  int precision = -1;
  char kind = 0;
};

size_t read_number(const char*& at) {
  size_t number = 0;
  for (; *at >= '0' && *at <= '9'; ++at) number = number * 10 + static_cast<size_t>(*at - '0');
  return number;
}

Conversion read_conversion(const char*& at) {
  Conversion found;
  for (;; ++at) {
    if (*at == '-') {
      found.left = true;
    } else if (*at == '+') {
      found.plus = true;
    } else if (*at == ' ') {
      found.space = true;
    } else if (*at == '#') {
      found.alternative = true;
    } else if (*at == '0') {
      found.zero = true;
    } else {
      break;
    }
  }
  found.width = read_number(at);
  if (*at == '.') {
    ++at;
    found.precision = static_cast<int>(read_number(at));
  }
  while (*at == 'l') ++at;
  found.kind = *at++;
  return found;
}

// Lua bounds what it asks for: width and precision have two digits at most.
constexpr size_t kDigitsMax = 512;

struct Digits {
  char text[kDigitsMax];
  size_t size = 0;
  void add(char c) { text[size++] = c; }
};

/// With trailing zeros up to the precision, as '#' wants them of 'g'.
void general_with_zeros(double value, int precision, Digits& out) {
  std::to_chars_result end = std::to_chars(out.text, out.text + kDigitsMax, value,
                                           std::chars_format::scientific, precision - 1);
  int exponent = 0;
  const char* e = end.ptr;
  while (*--e != 'e') {
  }
  std::from_chars(e + (e[1] == '+' ? 2 : 1), end.ptr, exponent);
  if (exponent >= -4 && exponent < precision) {
    end = std::to_chars(out.text, out.text + kDigitsMax, value, std::chars_format::fixed,
                        precision - 1 - exponent);
  }
  out.size = static_cast<size_t>(end.ptr - out.text);
}

/// A point behind the digits where there is none.
void ensure_point(Digits& out) {
  size_t at = 0;
  while (at < out.size && out.text[at] != 'e') {
    if (out.text[at++] == '.') return;
  }
  std::memmove(out.text + at + 1, out.text + at, out.size - at);
  out.text[at] = '.';
  ++out.size;
}

void write_real(double value, const Conversion& wanted, Digits& out) {
  const int precision = wanted.precision < 0 ? 6 : wanted.precision;
  const char kind = ascii_lower(wanted.kind);
  if (kind == 'g' && wanted.alternative) {
    general_with_zeros(value, precision == 0 ? 1 : precision, out);
  } else {
    const auto form = kind == 'e'   ? std::chars_format::scientific
                      : kind == 'f' ? std::chars_format::fixed
                                    : std::chars_format::general;
    const auto end = std::to_chars(out.text, out.text + kDigitsMax - 1, value, form, precision);
    out.size = static_cast<size_t>(end.ptr - out.text);
  }
  if (wanted.alternative) ensure_point(out);
}

void write_whole(unsigned long value, const Conversion& wanted, Digits& out) {
  const int base = wanted.kind == 'o' ? 8 : ascii_lower(wanted.kind) == 'x' ? 16 : 10;
  char text[24];
  size_t size = 0;
  if (value != 0 || wanted.precision != 0) {
    size = static_cast<size_t>(std::to_chars(text, text + sizeof text, value, base).ptr - text);
  }
  for (size_t i = size; wanted.precision > 0 && i < static_cast<size_t>(wanted.precision); ++i) {
    out.add('0');
  }
  if (wanted.kind == 'o' && wanted.alternative && out.size == 0 && (size == 0 || text[0] != '0')) {
    out.add('0');
  }
  for (size_t i = 0; i < size; ++i) out.add(text[i]);
}

/// Where the formatted text goes.
class Writer {
 public:
  Writer(char* to, size_t max) : to_(to), max_(max) {}
  void add(char c) {
    KEVY_CHECK(size_ + 1 < max_);
    to_[size_++] = c;
  }
  void add(Bytes text) {
    for (const char c : text) add(c);
  }
  void fill(char c, size_t count) {
    for (size_t i = 0; i < count; ++i) add(c);
  }
  /// `prefix` stands before the zeros that fill the width.
  void padded(const Conversion& wanted, Bytes prefix, Bytes text, bool zeros) {
    const size_t size = prefix.size() + text.size();
    const size_t padding = wanted.width > size ? wanted.width - size : 0;
    if (!wanted.left && !zeros) fill(' ', padding);
    add(prefix);
    if (!wanted.left && zeros) fill('0', padding);
    add(text);
    if (wanted.left) fill(' ', padding);
  }
  int finish() {
    to_[size_] = 0;
    return static_cast<int>(size_);
  }

 private:
  char* to_;
  size_t max_;
  size_t size_ = 0;
};

Bytes sign_of(bool negative, const Conversion& wanted) {
  if (negative) return "-";
  if (wanted.plus) return "+";
  return wanted.space ? " " : "";
}

void format_real(Writer& out, const Conversion& wanted, double value) {
  Digits digits;
  const bool finite = std::isfinite(value);
  if (finite) {
    write_real(std::fabs(value), wanted, digits);
  } else {
    for (const char c : Bytes(std::isnan(value) ? "nan" : "inf")) digits.add(c);
  }
  if (wanted.kind < 'a') {
    for (size_t i = 0; i < digits.size; ++i) {
      char& c = digits.text[i];
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
  }
  out.padded(wanted, sign_of(std::signbit(value), wanted), {digits.text, digits.size},
             wanted.zero && finite);
}

void format_whole(Writer& out, const Conversion& wanted, long value) {
  const bool has_sign = wanted.kind == 'd' || wanted.kind == 'i';
  auto magnitude = static_cast<unsigned long>(value);
  if (has_sign && value < 0) magnitude = -magnitude;
  Digits digits;
  write_whole(magnitude, wanted, digits);
  Bytes prefix = has_sign ? sign_of(value < 0, wanted) : "";
  if (wanted.alternative && value != 0 && wanted.kind == 'x') prefix = "0x";
  if (wanted.alternative && value != 0 && wanted.kind == 'X') prefix = "0X";
  if (wanted.kind == 'X') {
    for (size_t i = 0; i < digits.size; ++i) {
      if (digits.text[i] >= 'a') digits.text[i] = static_cast<char>(digits.text[i] - 'a' + 'A');
    }
  }
  out.padded(wanted, prefix, {digits.text, digits.size}, wanted.zero && wanted.precision < 0);
}

int format(char* to, size_t max, const char* at, va_list arguments) {
  Writer out(to, max);
  while (*at != 0) {
    if (*at != '%') {
      out.add(*at++);
      continue;
    }
    ++at;
    const bool is_long = std::strcspn(at, "l") < std::strcspn(at, "diouxXcsp%eEfgG");
    const Conversion wanted = read_conversion(at);
    switch (wanted.kind) {
      case 'c': {
        const char c = static_cast<char>(va_arg(arguments, int));
        out.padded(wanted, "", {&c, 1}, false);
        break;
      }
      case 's': {
        const char* text = va_arg(arguments, const char*);
        const size_t size = wanted.precision < 0
                                ? std::strlen(text)
                                : strnlen(text, static_cast<size_t>(wanted.precision));
        out.padded(wanted, "", {text, size}, false);
        break;
      }
      case 'p': {
        Conversion hexadecimal;
        hexadecimal.kind = 'x';
        hexadecimal.alternative = true;
        const void* pointer = va_arg(arguments, void*);
        if (pointer == nullptr) {
          out.add("(nil)");
        } else {
          format_whole(out, hexadecimal, reinterpret_cast<long>(pointer));
        }
        break;
      }
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G':
        format_real(out, wanted, va_arg(arguments, double));
        break;
      case '%':
        out.add('%');
        break;
      default:
        format_whole(out, wanted, is_long ? va_arg(arguments, long) : va_arg(arguments, int));
    }
  }
  return out.finish();
}

}  // namespace
}  // namespace kevy

extern "C" {

const unsigned short** kevy_lua___ctype_b_loc() {
  static const unsigned short* table = kevy::c_locale()->__ctype_b;
  return &table;
}

const int** kevy_lua___ctype_tolower_loc() {
  static const int* table = kevy::c_locale()->__ctype_tolower;
  return &table;
}

const int** kevy_lua___ctype_toupper_loc() {
  static const int* table = kevy::c_locale()->__ctype_toupper;
  return &table;
}

int kevy_lua___sprintf_chk(char* to, int, size_t max, const char* text, ...) {
  va_list arguments;
  va_start(arguments, text);
  const int size = kevy::format(to, max, text, arguments);
  va_end(arguments);
  return size;
}

lconv* kevy_lua_localeconv() {
  static char point[] = ".";
  static lconv conventions{};
  conventions.decimal_point = point;
  return &conventions;
}

int kevy_lua_strcoll(const char* a, const char* b) { return std::strcmp(a, b); }

double kevy_lua_strtod(const char* text, char** end) {
  return strtod_l(text, end, kevy::c_locale());
}

// What follows is called by nothing that a script can reach, since print, loadfile, dofile and
// math.random are replaced and every call is protected.
FILE* kevy_lua_stdin = nullptr;
FILE* kevy_lua_stdout = nullptr;
FILE* kevy_lua_stderr = nullptr;
int kevy_lua___fprintf_chk(FILE*, int, const char*, ...) { return 0; }
const char* kevy_lua_strerror(int) { return ""; }
[[noreturn]] void kevy_lua_exit(int) { std::abort(); }
int kevy_lua_rand() { return 0; }
void kevy_lua_srand(unsigned) {}

}  // extern "C"

// bit: operations on 32 bits of a number.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "script/libraries/libraries.h"

namespace kevy {

namespace {

// The low 32 bits of a number rounded to an integer. Adding this leaves them in the sum's lowest
// bits.
uint32_t bits_of(lua_State* lua, int index) {
  lua_Number number = lua_tonumber(lua, index);
  if (number == 0 && lua_isnumber(lua, index) == 0) luaL_typerror(lua, index, "number");
  number += 6755399441055744.0;
  uint64_t all;
  std::memcpy(&all, &number, sizeof all);
  return static_cast<uint32_t>(all);
}

int answer(lua_State* lua, uint32_t bits) {
  lua_pushnumber(lua, static_cast<int32_t>(bits));
  return 1;
}

int to_bit(lua_State* lua) { return answer(lua, bits_of(lua, 1)); }
int bit_not(lua_State* lua) { return answer(lua, ~bits_of(lua, 1)); }

template <typename Combine>
int fold(lua_State* lua, Combine combine) {
  uint32_t bits = bits_of(lua, 1);
  for (int i = lua_gettop(lua); i > 1; --i) bits = combine(bits, bits_of(lua, i));
  return answer(lua, bits);
}

int bit_and(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a & b; });
}
int bit_or(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a | b; });
}
int bit_xor(lua_State* lua) {
  return fold(lua, [](uint32_t a, uint32_t b) { return a ^ b; });
}

template <typename Shift>
int shifted(lua_State* lua, Shift shift) {
  const uint32_t bits = bits_of(lua, 1);
  return answer(lua, shift(bits, bits_of(lua, 2) & 31));
}

int left(lua_State* lua) {
  return shifted(lua, [](uint32_t bits, uint32_t by) { return bits << by; });
}
int right(lua_State* lua) {
  return shifted(lua, [](uint32_t bits, uint32_t by) { return bits >> by; });
}
int arithmetic_right(lua_State* lua) {
  return shifted(lua, [](uint32_t bits, uint32_t by) {
    return static_cast<uint32_t>(static_cast<int32_t>(bits) >> by);
  });
}
uint32_t rotated(uint32_t bits, uint32_t by) {
  return by == 0 ? bits : bits << by | bits >> (32 - by);
}
int rotate_left(lua_State* lua) { return shifted(lua, rotated); }
int rotate_right(lua_State* lua) {
  return shifted(lua, [](uint32_t bits, uint32_t by) { return rotated(bits, (32 - by) & 31); });
}
int swap(lua_State* lua) { return answer(lua, __builtin_bswap32(bits_of(lua, 1))); }

// The lowest digits, 8 if it is not told how many; below zero: in capital letters.
int to_hex(lua_State* lua) {
  uint32_t bits = bits_of(lua, 1);
  const auto wanted = lua_isnone(lua, 2) ? 8 : static_cast<int32_t>(bits_of(lua, 2));
  const char* digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  const auto count =
      static_cast<size_t>(std::min(std::abs(static_cast<int64_t>(wanted)), int64_t{8}));
  char text[8];
  for (size_t i = count; i-- > 0; bits >>= 4) text[i] = digits[bits & 15];
  lua_pushlstring(lua, text, count);
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"tobit", to_bit},    {"bnot", bit_not},     {"band", bit_and}, {"bor", bit_or},
    {"bxor", bit_xor},    {"lshift", left},      {"rshift", right}, {"arshift", arithmetic_right},
    {"rol", rotate_left}, {"ror", rotate_right}, {"bswap", swap},   {"tohex", to_hex},
};

}  // namespace

void open_bit(lua_State* lua) {
  lua_newtable(lua);
  add_functions(lua, kFunctions);
}

}  // namespace kevy

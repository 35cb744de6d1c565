// Which of several compilations of the same loop this machine can run: the widest that it has.
//
// A loop is written once, in plain C++ that compilers turn into vector instructions, as an
// always-inline function; a function for each level of the instruction set calls it. So there are
// no instructions by name, and all levels give the same results. With KEVY_PORTABLE, and where
// there are no levels, there is the plain one alone.
#pragma once

#include <cstdint>

#if defined(__x86_64__) && !defined(KEVY_PORTABLE)
#define KEVY_WIDE 1
/// The levels above the one that all of kevy is built for, as function attributes.
#define KEVY_ISA_256 [[gnu::target("avx2,bmi,bmi2,popcnt")]]
#define KEVY_ISA_512 \
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512vpopcntdq,avx2,bmi,bmi2,popcnt")]]
#endif

namespace kevy::wide {

enum class Isa : uint8_t { kPlain, k256, k512 };

#ifdef KEVY_WIDE

inline Isa find_isa() noexcept {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0) {
    return Isa::k512;
  }
  return __builtin_cpu_supports("avx2") != 0 ? Isa::k256 : Isa::kPlain;
}

#else

constexpr Isa find_isa() noexcept { return Isa::kPlain; }

#endif

/// Of this machine.
inline Isa isa() noexcept {
  static const Isa found = find_isa();
  return found;
}

}  // namespace kevy::wide

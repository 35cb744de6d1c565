#include "base/hash.h"

#include <sys/random.h>

#include <random>

namespace kevy {

namespace {

HashSecret draw_secret() {
  HashSecret secret;
  if (getrandom(&secret, sizeof secret, 0) == sizeof secret) return secret;
  std::random_device device;  // only where the kernel call is forbidden
  const auto word = [&device] { return static_cast<uint64_t>(device()) << 32 | device(); };
  return {word(), word()};
}

}  // namespace

const HashSecret& HashSecret::process() {
  static const HashSecret secret = draw_secret();
  return secret;
}

}  // namespace kevy

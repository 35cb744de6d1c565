#include "base/hash.h"

#include <sys/random.h>

#include <random>

namespace kevy {

namespace {

HashSecret draw_secret() {
  HashSecret secret;
  if (getrandom(secret.bytes, sizeof secret.bytes, 0) == sizeof secret.bytes) return secret;
  std::random_device device;  // only where the kernel call is forbidden
  for (auto& byte : secret.bytes) byte = static_cast<unsigned char>(device());
  return secret;
}

}  // namespace

const HashSecret& HashSecret::process() {
  static const HashSecret secret = draw_secret();
  return secret;
}

}  // namespace kevy

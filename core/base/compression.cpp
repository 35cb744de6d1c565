#include "base/compression.h"

#include <lz4.h>

#include "base/check.h"

namespace kevy {

size_t compress(Bytes plain, char* to, size_t capacity) noexcept {
  KEVY_DCHECK(plain.size() <= kCompressibleMax);
  return static_cast<size_t>(LZ4_compress_default(
      plain.data(), to, static_cast<int>(plain.size()), static_cast<int>(capacity)));
}

void decompress(Bytes compressed, char* to, size_t size) noexcept {
  const int written = LZ4_decompress_safe(
      compressed.data(), to, static_cast<int>(compressed.size()), static_cast<int>(size));
  KEVY_CHECK(written == static_cast<int>(size));
}

size_t decompress_beginning(Bytes compressed, char* to, size_t size) noexcept {
  const int written =
      LZ4_decompress_safe_partial(compressed.data(), to, static_cast<int>(compressed.size()),
                                  static_cast<int>(size), static_cast<int>(size));
  KEVY_CHECK(written >= 0);
  return static_cast<size_t>(written);
}

}  // namespace kevy

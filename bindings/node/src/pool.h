// Pool: memory that the small Buffers of replies are cut from, one behind the other: making a
// Buffer with memory of its own costs several times what reading its value does. It is an
// ArrayBuffer that belongs to the environment, whichever copy of lib/ makes the Buffers, and a new
// one when it is used up; the old ones live as long as their Buffers do. lib/tape.js marks each as
// untransferable. What is transferred all the same is noticed: the memory is asked for anew before
// each use.
#pragma once

#include <napi.h>

#include <cstdint>
#include <span>

namespace kevy::node {

class Pool {
 public:
  /// What is longer has memory of its own, which it keeps alive alone.
  static constexpr size_t kPieceMax = size_t{32} << 10;

  explicit Pool(Napi::Env env) : env_(env) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// All the room there is: for `size` bytes at least, which are kPieceMax at the most. It may be
  /// written to until code of JavaScript's runs.
  std::span<char> room(size_t size);

  /// The first bytes of the room are now a Buffer's.
  struct Piece {
    napi_value memory;
    int32_t offset;
    int32_t size;
  };
  Piece take(size_t size);

 private:
  static constexpr size_t kSize = size_t{64} << 10;
  static constexpr size_t kAlignment = 8;

  napi_env env_;
  Napi::Reference<Napi::ArrayBuffer> reference_;
  napi_value memory_ = nullptr;  // of the room that was asked for last
  size_t used_ = kSize;
};

}  // namespace kevy::node

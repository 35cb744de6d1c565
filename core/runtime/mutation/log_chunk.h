// LogChunk: a piece of memory with a part of the write log's stream in it. A unit that is large is
// encoded in one of its own, which the log takes over as it is. Knows no lock; its owner guards it.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace kevy {

struct LogChunk {
  LogChunk* next = nullptr;
  size_t capacity = 0;
  size_t begin = 0;  // of what has not been consumed
  size_t end = 0;    // of what was written
  size_t whole = 0;  // where its last unit but for one that goes on in the next chunk ends

  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }

  struct Free {
    void operator()(LogChunk* chunk) const noexcept { ::operator delete(chunk); }
  };
  /// nullptr when there is no memory.
  static std::unique_ptr<LogChunk, Free> make(size_t capacity) noexcept {
    void* const memory = ::operator new(sizeof(LogChunk) + capacity, std::nothrow);
    if (memory == nullptr) return nullptr;
    auto* const chunk = new (memory) LogChunk;
    chunk->capacity = capacity;
    return std::unique_ptr<LogChunk, Free>(chunk);
  }
};

using LogChunkPtr = std::unique_ptr<LogChunk, LogChunk::Free>;

}  // namespace kevy

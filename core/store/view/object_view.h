// ObjectView: a big object as it was at one moment. Its elements are copied some at a time, and those
// that a command is about to change before that; so nobody waits for a copy of all of it.
//
// The object stays in its keyspace as long as a view looks at it, and when that lets go of it, it is
// left to the view.
//
// Owned by who had it made (Object::view). Made, walked and closed by the holder of the shard's lock;
// destroyed by anyone once it was closed.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "store/object.h"
#include "store/view/image_blocks.h"

namespace kevy {

/// Copies of elements, each as it lies in its object: of a Field, a Member or a ScoredMember; or of
/// many of them, a ListImage or a StreamChunk.
class ElementImages {
 public:
  /// Throws std::bad_alloc, and it was not added.
  void add(Bytes element, int64_t expires_at_ms);
  /// The same with `size` bytes for the caller to write, at a multiple of 8, which do not expire.
  char* add(size_t size);
  void reserve(size_t bytes) noexcept { blocks_.reserve(bytes); }
  void take_from(ElementImages& other) noexcept { blocks_.take_from(other.blocks_); }
  void clear() noexcept { blocks_.clear(); }

  bool empty() const noexcept { return count() == 0; }
  size_t count() const noexcept { return blocks_.count(); }
  size_t bytes() const noexcept { return blocks_.bytes(); }

  /// visit(const Element&, int64_t expires_at_ms) with each; -1: it does not expire.
  template <typename Element, typename Visit>
  void for_each(Visit&& visit) const {
    blocks_.for_each([&](const char* image) {
      visit(*reinterpret_cast<const Element*>(image + sizeof(int64_t)),
            *reinterpret_cast<const int64_t*>(image));
    });
  }

 private:
  ImageBlocks blocks_;
};

class ObjectView {
 public:
  /// An object of so many bytes has a view, however few its elements are.
  static constexpr size_t kBigBytes = size_t{64} * 1024;

  virtual ~ObjectView();
  ObjectView(const ObjectView&) = delete;
  ObjectView& operator=(const ObjectView&) = delete;

  /// Elements of that moment; of a list, the pieces of it (list/list_pieces.h); of a stream, the chunks
  /// that have entries.
  size_t size() const noexcept { return size_; }
  /// Adds what had to be copied since the last call, and the elements of `buckets` further buckets, or
  /// chunks.
  virtual void walk(ElementImages& to, size_t buckets) noexcept = 0;
  /// Whether all elements of that moment were added.
  virtual bool done() const noexcept = 0;
  /// Some were not copied, since there was no memory for it.
  virtual bool failed() const noexcept = 0;
  /// What was copied since it was about to change, and waits to be added.
  virtual size_t kept_bytes() const noexcept = 0;
  /// An object that has what is not walked, if there is something; once. The walk goes on without it.
  virtual std::unique_ptr<Object> take_rest() noexcept { return nullptr; }
  /// Ends it. What is returned is nobody's any more, to be destroyed once the lock is given back.
  std::unique_ptr<Object> close() noexcept;

 protected:
  ObjectView(Object& object, size_t size) noexcept;
  /// Of the same object; nullptr: there is no other.
  ObjectView* next() const noexcept { return next_; }
  /// Lets go of what lies in the object.
  virtual void end() noexcept = 0;

 private:
  friend class Object;

  void unlink() noexcept;

  Object* object_;  // nullptr: closed, or the object is no more
  ObjectView* next_;
  std::unique_ptr<Object> owned_;
  const size_t size_;
};

}  // namespace kevy

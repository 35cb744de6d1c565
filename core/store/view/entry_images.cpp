#include "store/view/entry_images.h"

#include <cstring>
#include <memory>

#include "store/object.h"

namespace kevy {

Entry& EntryImages::add_bytes(const Entry& entry) {
  const size_t size = entry.size_bytes();
  char* const image = blocks_.add(size);
  std::memcpy(image, &entry, size);
  return *reinterpret_cast<Entry*>(image);
}

void EntryImages::add(const Entry& entry) {
  std::unique_ptr<Object> object;
  if (entry.encoding() == Encoding::kObject) object = entry.object()->clone();
  if (object != nullptr) return add_head(entry, std::move(object));
  add_bytes(entry);
  if (entry.encoding() == Encoding::kShared) SharedBytes::share(entry.shared()).release();
}

void EntryImages::add_head(const Entry& entry, std::unique_ptr<Object> object) {
  Entry& image = add_bytes(entry);
  if (object != nullptr) object_bytes_ += object->memory_bytes();
  image.set_object(object.release());
}

void EntryImages::release_values() noexcept {
  for_each([](const Entry& entry) {
    if (entry.encoding() == Encoding::kShared) SharedBytes::adopt(entry.shared());
    if (entry.encoding() == Encoding::kObject) delete entry.own_object();
  });
}

void EntryImages::clear() noexcept {
  release_values();
  blocks_.clear();
  object_bytes_ = 0;
}

}  // namespace kevy

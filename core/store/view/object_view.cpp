#include "store/view/object_view.h"

#include <cstring>
#include <utility>

namespace kevy {

void ElementImages::add(Bytes element, int64_t expires_at_ms) {
  char* const image = blocks_.add(sizeof expires_at_ms + element.size());
  std::memcpy(image, &expires_at_ms, sizeof expires_at_ms);
  std::memcpy(image + sizeof expires_at_ms, element.data(), element.size());
}

char* ElementImages::add(size_t size) {
  constexpr int64_t kNever = -1;
  char* const image = blocks_.add(sizeof kNever + size);
  std::memcpy(image, &kNever, sizeof kNever);
  return image + sizeof kNever;
}

ObjectView::ObjectView(Object& object, size_t size) noexcept
    : object_(&object), next_(object.views_), size_(size) {
  object.views_ = this;
}

ObjectView::~ObjectView() {
  if (object_ != nullptr) unlink();
}

void ObjectView::unlink() noexcept {
  ObjectView** link = &object_->views_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  object_ = nullptr;
}

// Another view of it has it next.
std::unique_ptr<Object> ObjectView::close() noexcept {
  if (object_ == nullptr) return nullptr;
  end();
  unlink();
  return owned_ == nullptr ? nullptr : Object::release(std::move(owned_));
}

}  // namespace kevy

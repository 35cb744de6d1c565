#include "store/object.h"

#include <utility>

#include "store/view/object_view.h"

namespace kevy {

Object::~Object() {
  for (ObjectView* view = views_; view != nullptr; view = view->next_) view->object_ = nullptr;
}

std::unique_ptr<ObjectView> Object::view(size_t /*elements*/) { return nullptr; }

std::unique_ptr<Object> Object::release(std::unique_ptr<Object> object) noexcept {
  if (!object->viewed()) return object;
  object->views_->owned_ = std::move(object);
  return nullptr;
}

}  // namespace kevy

#include "store/garbage.h"

#include <iterator>
#include <utility>

#include "store/keyspace.h"

namespace kevy {

void Garbage::add(SharedBytes block) {
  blocks_.push_back(std::move(block));
  any_ = true;
}

void Garbage::add(std::unique_ptr<Object> object) {
  objects_.push_back(std::move(object));
  any_ = true;
}

void Garbage::add(std::unique_ptr<Keyspace> keyspace) {
  keyspaces_.push_back(std::move(keyspace));
  any_ = true;
}

void Garbage::take_from(Garbage& other) {
  std::move(other.blocks_.begin(), other.blocks_.end(), std::back_inserter(blocks_));
  std::move(other.objects_.begin(), other.objects_.end(), std::back_inserter(objects_));
  std::move(other.keyspaces_.begin(), other.keyspaces_.end(), std::back_inserter(keyspaces_));
  any_ |= other.any_;
  other.clear();
}

void Garbage::clear() noexcept {
  blocks_.clear();
  objects_.clear();
  keyspaces_.clear();
  any_ = false;
}

}  // namespace kevy

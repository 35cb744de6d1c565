#include "runtime/shard/databases.h"

#include <algorithm>

namespace kevy {

Keyspace* Databases::find_other(size_t database) const noexcept {
  const auto found = others_.find(database);
  return found == others_.end() ? nullptr : found->second.get();
}

std::unique_ptr<Keyspace>& Databases::place(size_t database) noexcept {
  return database < kFirst ? first_[database] : others_.find(database)->second;
}

Keyspace& Databases::add(size_t database, std::unique_ptr<Keyspace> keyspace) {
  auto& place = database < kFirst ? first_[database] : others_[database];
  place = std::move(keyspace);
  return *place;
}

std::unique_ptr<Keyspace> Databases::take(size_t database) noexcept {
  if (database < kFirst) return std::move(first_[database]);
  const auto node = others_.extract(database);
  return node.empty() ? nullptr : std::move(node.mapped());
}

std::unique_ptr<Keyspace> Databases::exchange(size_t database,
                                              std::unique_ptr<Keyspace> keyspace) noexcept {
  std::swap(place(database), keyspace);
  return keyspace;
}

void Databases::swap(size_t a, size_t b) noexcept {
  if (find(a) != nullptr) std::swap(place(a), place(b));
}

std::pair<size_t, Keyspace*> Databases::next(size_t database) const noexcept {
  for (; database < kFirst; ++database) {
    if (first_[database] != nullptr) return {database, first_[database].get()};
  }
  const auto found = others_.lower_bound(database);
  if (found == others_.end()) return {database, nullptr};
  return {found->first, found->second.get()};
}

void Databases::drop_empty() noexcept {
  std::erase_if(others_, [](const auto& other) { return other.second->size() == 0; });
  crowd_ = std::max(kCrowdMin, 2 * others_.size());
}

}  // namespace kevy

#include "store/view/keyspace_view.h"

#include <utility>

namespace kevy {

KeyspaceView::KeyspaceView(Keyspace& keyspace, size_t big_elements)
    : BucketsView(keyspace.entries_.buckets()),
      keyspace_(&keyspace),
      next_(keyspace.view_),
      size_(keyspace.size()),
      size_with_expiry_(keyspace.size_with_expiry()),
      big_elements_(big_elements) {
  note_sums();
  keyspace.view_ = this;
}

KeyspaceView::~KeyspaceView() {
  for (BigImage& big : big_) {
    std::unique_ptr<Object> object = big.value->close();
    if (object != nullptr && keyspace_ != nullptr) keyspace_->garbage_->add(std::move(object));
  }
  if (keyspace_ == nullptr) return;
  KeyspaceView** link = &keyspace_->view_;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  // Another view's, or to be freed once the lock is given back.
  if (owned_ != nullptr) keyspace_->garbage_->add(std::move(owned_));
}

void KeyspaceView::walk(EntryImages& to, size_t buckets) noexcept {
  to.take_from(kept_);
  to_ = &to;
  while (buckets != 0 && copy_next()) --buckets;
  to_ = nullptr;
}

void KeyspaceView::copy(uint64_t number, bool for_change) {
  EntryImages& to = for_change ? kept_ : *to_;
  visit(number, [&](const void* item) {
    const auto& entry = *static_cast<const Entry*>(item);
    if (entry.encoding() != Encoding::kObject || !add_big(entry)) to.add(entry);
  });
}

bool KeyspaceView::add_big(const Entry& entry) {
  BigImage big{nullptr, entry.own_object()->view(big_elements_)};
  if (big.value == nullptr) return false;
  big.entry = std::make_unique<EntryImages>();
  big.entry->add_head(entry, big.value->take_rest());
  big_.push_back(std::move(big));
  return true;
}

// What a change without before_change() would change, but for what lies in objects.
uint64_t KeyspaceView::sum_of(uint64_t number) const noexcept {
  uint64_t sum = 0;
  visit(number, [&](const void* item) {
    const auto& entry = *static_cast<const Entry*>(item);
    const auto add = [&](Bytes bytes) {
      sum = sum * 31 + hash_bytes(bytes, HashSecret::process());
    };
    add({reinterpret_cast<const char*>(&entry) + sizeof(Entry),
         entry.size_bytes() - sizeof(Entry)});
    if (entry.is_string() && entry.encoding() == Encoding::kShared) add(entry.string());
    if (entry.encoding() == Encoding::kObject) sum += entry.object()->memory_bytes();
  });
  return sum;
}

}  // namespace kevy

#include "store/sorted_set/sorted_set_object.h"

#include <algorithm>
#include <vector>

#include "base/memory.h"
#include "store/view/members_view.h"

namespace kevy {

SortedSetObject::~SortedSetObject() { slab_.release_all(members_); }

std::unique_ptr<Object> SortedSetObject::clone() const {
  auto copy = std::make_unique<SortedSetObject>();
  copy->members_.reserve(size());
  order_.visit_up(0, order_.size(), [&](const ScoredMember& member, double score) {
    copy->add(member.key(), score);
    return Walk::kGoOn;
  });
  return copy;
}

class SortedSetObject::View final : public MembersView {
 public:
  explicit View(SortedSetObject& set) : MembersView(set, set.members_.buckets(), set.size()) {
    note_sums();
  }

 private:
  Element element(const void* item) const noexcept override {
    const ScoredMember& member = *static_cast<const ScoredMember*>(item);
    return {{static_cast<const char*>(item), member.memory_size()}};
  }
};

std::unique_ptr<ObjectView> SortedSetObject::view(size_t elements) {
  if (size() < elements && memory_bytes() < ObjectView::kBigBytes) return nullptr;
  return std::make_unique<View>(*this);
}

size_t SortedSetObject::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<SortedSetObject*>(this)) + members_.memory_bytes() +
         order_.memory_bytes() + slab_.memory_bytes();
}

ScoredMember* SortedSetObject::make(Bytes member, double score) {
  return ScoredMember::write(slab_.allocate(ScoredMember::size(member)), member, score);
}

void SortedSetObject::release(ScoredMember* member) noexcept {
  slab_.release(member, member->memory_size(),
                [this](void* copy) { moved(static_cast<ScoredMember*>(copy)); });
}

void SortedSetObject::moved(ScoredMember* copy) noexcept {
  auto slot = members_.find(copy->key());
  if (order_.size() != 0) order_.replace(slot.item(), copy);
  slot.replace(copy);
}

void SortedSetObject::add(Bytes member, double score) {
  ScoredMember* made = make(member, score);
  try {
    order_.insert(made);
  } catch (const std::bad_alloc&) {
    release(made);
    throw;
  }
  try {
    members_.insert(made, members_.hash(member));
  } catch (const std::bad_alloc&) {
    order_.erase(made);
    release(made);
    throw;
  }
  slab_.grew(members_, [this](void* copy) { moved(static_cast<ScoredMember*>(copy)); });
}

bool SortedSetObject::erase(Bytes member) noexcept {
  const uint64_t hash = members_.hash(member);
  const auto slot = members_.find(member, hash);
  if (!slot) return false;
  ScoredMember* gone = slot.item();
  members_.erase(slot, hash);
  order_.erase(gone);
  release(gone);
  return true;
}

void SortedSetObject::erase_ranks(uint64_t first, uint64_t count) noexcept {
  for (; count != 0; --count) {
    ScoredMember* gone = order_.erase_at(first);
    const uint64_t hash = members_.hash(gone->key());
    members_.erase(members_.find(gone->key(), hash), hash);
    release(gone);
  }
}

void SortedSetObject::gather(Bytes member, double score) {
  ScoredMember* made = make(member, score);
  try {
    members_.insert(made, members_.hash(member));
  } catch (const std::bad_alloc&) {
    release(made);
    throw;
  }
  slab_.grew(members_, [this](void* copy) { moved(static_cast<ScoredMember*>(copy)); });
}

void SortedSetObject::order_gathered() {
  std::vector<ScoredMember*> all;
  all.reserve(members_.size());
  members_.for_each([&](ScoredMember& member) {
    all.push_back(&member);
    return Walk::kGoOn;
  });
  std::sort(all.begin(), all.end(), [](const ScoredMember* a, const ScoredMember* b) {
    return a->score() < b->score() || (a->score() == b->score() && a->key() < b->key());
  });
  for (ScoredMember* member : all) order_.insert(member);
}

}  // namespace kevy

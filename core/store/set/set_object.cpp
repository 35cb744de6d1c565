#include "store/set/set_object.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "base/prefetch.h"
#include "store/view/members_view.h"

namespace kevy {

size_t Member::head_size(Bytes bytes) noexcept {
  size_t head_size = 1;
  for (size_t size = bytes.size(); size >= 0x80; size >>= 7) ++head_size;
  return head_size;
}

Member* Member::write(void* to, Bytes bytes) noexcept {
  auto* member = static_cast<Member*>(to);
  auto* at = static_cast<char*>(to);
  size_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) *at++ = static_cast<char>(size | 0x80);
  *at++ = static_cast<char>(size);
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return member;
}

SetObject::~SetObject() { slab_.release_all(members_); }

void SetObject::release(Member* member) noexcept {
  slab_.release(member, member->memory_size(),
                [this](void* copy) { moved(static_cast<Member*>(copy)); });
}

std::unique_ptr<Object> SetObject::clone() const {
  auto copy = std::make_unique<SetObject>();
  copy->members_.reserve(size());
  copy->expect(size());
  for_each([&](const Member& member) {
    copy->insert(member.key());
    return Walk::kGoOn;
  });
  return copy;
}

class SetObject::View final : public MembersView {
 public:
  explicit View(SetObject& set) : MembersView(set, set.members_.buckets(), set.size()) {
    note_sums();
  }

 private:
  Element element(const void* item) const noexcept override {
    const Member& member = *static_cast<const Member*>(item);
    return {{static_cast<const char*>(item), member.memory_size()}};
  }
};

std::unique_ptr<ObjectView> SetObject::view(size_t elements) {
  if (size() < elements && memory_bytes() < ObjectView::kBigBytes) return nullptr;
  return std::make_unique<View>(*this);
}

size_t SetObject::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<SetObject*>(this)) + members_.memory_bytes() +
         slab_.memory_bytes();
}

void SetObject::insert(Bytes member, uint64_t hash) {
  Member* made =
      Member::write(slab_.allocate(Member::head_size(member) + member.size()), member);
  try {
    members_.insert(made, hash);
  } catch (...) {
    release(made);
    throw;
  }
  slab_.grew(members_, [this](void* copy) { moved(static_cast<Member*>(copy)); });
}

void SetObject::insert(std::span<const MemberRef> members) {
  if (size() == 0) {
    members_.reserve(members.size());
    expect(members.size());
  }
  uint64_t hashes[kBatch];
  char digits[kBatch][kIntegerTextMax];
  Bytes texts[kBatch];
  while (!members.empty()) {
    const auto batch = members.first(std::min(kBatch, members.size()));
    members = members.subspan(batch.size());
    for (const MemberRef& next : members.first(std::min(kBatch, members.size()))) next.prefetch();
    for (size_t i = 0; i < batch.size(); ++i) {
      texts[i] = batch[i].text(digits[i]);
      hashes[i] = members_.hash(texts[i]);
      members_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < batch.size(); ++i) insert(texts[i], hashes[i]);
  }
}

bool SetObject::add(Bytes member) {
  const uint64_t hash = members_.hash(member);
  if (members_.find(member, hash)) return false;
  insert(member, hash);
  return true;
}

bool SetObject::erase(Bytes member) noexcept {
  const uint64_t hash = members_.hash(member);
  const auto slot = members_.find(member, hash);
  if (!slot) return false;
  Member* gone = slot.item();
  members_.erase(slot, hash);
  release(gone);
  return true;
}

void SetObject::filter(std::vector<MemberRef>& members, bool keep_present) const {
  uint64_t hashes[kBatch];
  char digits[kBatch][kIntegerTextMax];
  Bytes texts[kBatch];
  size_t kept = 0;
  for (size_t begin = 0; begin < members.size(); begin += kBatch) {
    const size_t count = std::min(kBatch, members.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      texts[i] = members[begin + i].text(digits[i]);
      hashes[i] = members_.hash(texts[i]);
      members_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      if (static_cast<bool>(members_.find(texts[i], hashes[i])) == keep_present) {
        members[kept++] = members[begin + i];
      }
    }
  }
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(kept), members.end());
}

}  // namespace kevy

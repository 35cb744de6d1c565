#include "store/set/set_object.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "base/prefetch.h"

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
  for_each([&](const Member& member) { copy->insert(member.key()); });
  return copy;
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

void SetObject::insert(std::span<const Bytes> members) {
  uint64_t hashes[kBatch];
  while (!members.empty()) {
    const auto batch = members.first(std::min(kBatch, members.size()));
    members = members.subspan(batch.size());
    for (const Bytes next : members.first(std::min(kBatch, members.size()))) {
      prefetch_line(next.data());
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      hashes[i] = members_.hash(batch[i]);
      members_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < batch.size(); ++i) insert(batch[i], hashes[i]);
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

void SetObject::filter(std::vector<Bytes>& members, bool keep_present) const {
  uint64_t hashes[kBatch];
  size_t kept = 0;
  for (size_t begin = 0; begin < members.size(); begin += kBatch) {
    const size_t count = std::min(kBatch, members.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      hashes[i] = members_.hash(members[begin + i]);
      members_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < count; ++i) {
      const Bytes member = members[begin + i];
      if (static_cast<bool>(members_.find(member, hashes[i])) == keep_present) {
        members[kept++] = member;
      }
    }
  }
  members.resize(kept);
}

}  // namespace kevy

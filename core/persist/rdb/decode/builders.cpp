#include "persist/rdb/decode/builders.h"

#include <cmath>

namespace kevy {

namespace {

constexpr size_t kGatheredMost = size_t{4} << 20;  // bytes
constexpr size_t kElementMost = 10;                // bytes around one in a sequence

void append(std::string& to, const Packing& packing) {
  const size_t at = to.size();
  to.resize(at + packing.size());
  packing.write(to.data() + at);
}

}  // namespace

void ListBuilder::add(Bytes element) {
  constexpr size_t kPushed = 4096, kPushedBytes = size_t{256} << 10;
  gathered_.add(element);
  if (gathered_.size() >= kPushed || gathered_.bytes() >= kPushedBytes) push_gathered();
}

void ListBuilder::push_gathered() {
  if (chunks_ == nullptr) chunks_ = std::make_unique<ListChunks>();
  std::vector<Bytes> values;
  values.reserve(gathered_.size());
  for (size_t i = 0; i < gathered_.size(); ++i) values.push_back(gathered_[i]);
  if (!values.empty()) chunks_->push(End::kBack, values, limit_);
  gathered_.clear();
}

std::optional<Value> ListBuilder::finish() {
  const size_t count = gathered_.size();
  if (chunks_ == nullptr && count == 0) return std::nullopt;
  if (chunks_ != nullptr || !limit_.holds(gathered_.bytes(), count)) {
    push_gathered();
    return Value::big(Type::kList, std::move(chunks_));
  }
  std::string run;
  run.reserve(gathered_.bytes() + count * kElementMost);
  for (size_t i = 0; i < count; ++i) {
    const ListElement element(gathered_[i]);
    const size_t at = run.size();
    run.resize(at + element.size());
    element.write(run.data() + at);
  }
  return Value::packed(Type::kList, Encoding::kPacked, run, count);
}

// Whether those gathered may still lie together with this one.
bool SetBuilder::fits(Bytes member) noexcept {
  all_numbers_ = all_numbers_ && MemberRef::integer_of(member).has_value();
  short_ = short_ && member.size() <= limits_.packed_bytes;
  const size_t count = gathered_.size() + 1;
  return (all_numbers_ && !never_intset_ && count <= limits_.intset_entries) ||
         (short_ && count <= limits_.packed_entries && gathered_.bytes() <= kGatheredMost);
}

bool SetBuilder::become_big() {
  set_ = std::make_unique<SetObject>();
  for (size_t i = 0; i < gathered_.size(); ++i) {
    if (!set_->add(gathered_[i])) return false;
  }
  gathered_.clear();
  return true;
}

bool SetBuilder::add(Bytes member) {
  if (set_ == nullptr) {
    if (fits(member)) {
      gathered_.add(member);
      return true;
    }
    if (!become_big()) return false;
  }
  return set_->add(member);
}

std::optional<Value> SetBuilder::finish() {
  if (set_ != nullptr) return Value::big(Type::kSet, std::move(set_));
  if (gathered_.any_twice(1)) return std::nullopt;
  std::vector<MemberRef> members;
  members.reserve(gathered_.size());
  for (size_t i = 0; i < gathered_.size(); ++i) members.emplace_back(gathered_[i]);
  return Set::value_of(members, limits_, never_intset_);
}

bool ZsetBuilder::add(Bytes member, double score) {
  if (std::isnan(score) || zset_->find(member) != nullptr) return false;
  zset_->gather(member, score);
  return true;
}

Value ZsetBuilder::finish() {
  zset_->order_gathered();
  return SortedSet::value_of(std::move(zset_), limits_);
}

bool HashBuilder::become_big() {
  hash_ = std::make_unique<HashObject>();
  for (size_t i = 0; i < times_.size(); ++i) {
    if (!hash_->set(gathered_[2 * i], gathered_[2 * i + 1], times_[i])) return false;
  }
  gathered_.clear();
  times_.clear();
  return true;
}

bool HashBuilder::add(Bytes field, Bytes value, int64_t expires_at_ms) {
  if (expires_at_ms != Keyspace::kNoExpiry) {
    const bool first = next_expiry_ms_ == Entry::kNoFieldTimes;
    next_expiry_ms_ = first ? expires_at_ms : std::min(next_expiry_ms_, expires_at_ms);
  }
  if (hash_ == nullptr) {
    if (times_.size() < limits_.fields && std::max(field.size(), value.size()) <= limits_.bytes &&
        gathered_.bytes() <= kGatheredMost) {
      gathered_.add(field);
      gathered_.add(value);
      times_.push_back(expires_at_ms);
      return true;
    }
    if (!become_big()) return false;
  }
  return hash_->set(field, value, expires_at_ms);
}

Value HashBuilder::packed() const {
  const bool timed = next_expiry_ms_ != Entry::kNoFieldTimes;
  std::string pairs;
  pairs.reserve(gathered_.bytes() + times_.size() * 3 * kElementMost);
  for (size_t i = 0; i < times_.size(); ++i) {
    append(pairs, Packing(gathered_[2 * i]));
    append(pairs, Packing(gathered_[2 * i + 1]));
    if (timed) append(pairs, Hash::packed_time(times_[i]));
  }
  Value value = Value::packed(Type::kHash, Encoding::kPacked, pairs, times_.size());
  value.fields_expire_at_ms = next_expiry_ms_;
  return value;
}

std::optional<Value> HashBuilder::finish() {
  if (hash_ == nullptr) {
    if (gathered_.any_twice(2)) return std::nullopt;
    // A number of entries without limit is counted in three bytes.
    if (gathered_.bytes() + times_.size() * 3 * kElementMost <= Keyspace::kPackedMax)
      return packed();
    if (!become_big()) return std::nullopt;
  }
  Value value = Value::big(Type::kHash, std::move(hash_));
  value.fields_expire_at_ms = next_expiry_ms_;
  return value;
}

}  // namespace kevy

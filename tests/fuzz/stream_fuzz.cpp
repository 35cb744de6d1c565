// A stream is what a map with the same changes is, whatever the changes are and at any limit of its
// chunks; it can be walked from both sides and from anywhere; what is pending is what a map is; and
// its memory is given back.
//
// Input: the limits, then changes. A change is a byte, an id (mostly one behind the last), and what
// an entry is made of.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fuzz.h"
#include "store/stream/stream.h"
#include "store/stream/stream_delivery.h"

namespace {

using namespace kevy;

constexpr size_t kSizeMax = 2000;
using Words = std::vector<std::string>;

class Streams {
 public:
  explicit Streams(const StreamChunkLimit& limit)
      : limit_(limit),
        group_(&stream_->add_group("group", {}, 0)),
        empty_(stream_->memory_bytes()) {}

  void change(fuzz::Input& input) {
    const uint8_t choice = input.below(8);
    const StreamId id{last_.ms + input.byte(), input.byte() * (choice == 7 ? UINT64_MAX / 255 : 1)};
    const StreamId other{input.raw<uint16_t>() % (last_.ms + 2), input.byte()};
    if (choice < 3 || choice == 7) {
      append(input, id);
    } else if (choice == 3) {
      const auto it = model_.lower_bound(other);
      const StreamId erased = it == model_.end() ? other : it->first;
      FUZZ_CHECK(stream_->erase(erased) == (model_.erase(erased) == 1));
    } else if (choice == 4) {
      const uint64_t count = input.byte() % (model_.size() + 1);
      stream_->erase_front({count, other.seq % 2 == 0});
      for (uint64_t i = 0; i < count; ++i) model_.erase(model_.begin());
    } else if (choice == 5) {
      const Bytes name(&"abc"[other.seq % 3], 1);
      StreamDelivery delivery(*group_, name, 0);
      delivery.give(other, 1, 1);
      if (input.byte() % 4 != 0) {
        delivery.commit();
        pending_[other] = name;
      }
    } else {
      FUZZ_CHECK(group_->erase_pending(other) == (pending_.erase(other) == 1));
    }
    check_from(other);
  }

  void check() const {
    FUZZ_CHECK(stream_->length() == model_.size());
    check_walk({}, StreamId::max());
    FUZZ_CHECK(group_->pending().size() == pending_.size());
    size_t owned = 0;
    group_->for_each_consumer([&](const StreamConsumer& one) { owned += one.pending.size(); });
    FUZZ_CHECK(owned == pending_.size());
    for (const auto& [id, name] : pending_) {
      FUZZ_CHECK(group_->pending().find(id)->owner->key() == name);
    }
  }
  size_t size() const { return model_.size() + pending_.size(); }
  void finish() {
    const auto copy = stream_->clone();
    const bool all_goes = stream_->length() != 0;  // otherwise an empty chunk may have stayed
    stream_->erase_front({stream_->length()});
    for (const Bytes name : {"a", "b", "c"}) {
      if (StreamConsumer* const one = group_->find_consumer(name)) group_->erase_consumer(*one);
    }
    FUZZ_CHECK(group_->pending().empty());
    FUZZ_CHECK(!all_goes || stream_->memory_bytes() < empty_ + 1024);
  }

 private:
  void append(fuzz::Input& input, StreamId id) {
    Words words;
    const uint8_t fields = 1 + input.byte() % 4;
    for (uint8_t i = 0; i < fields; ++i) {
      const uint8_t kind = input.byte();
      words.push_back(kind < 200 ? std::string(1, static_cast<char>('a' + i))
                                 : std::to_string(kind));
      words.push_back(kind % 2 == 0 ? std::string(kind, 'v') : std::string(input.bytes(kind % 16)));
    }
    if (id <= last_) return;
    const std::vector<Bytes> all(words.begin(), words.end());
    size_t bytes = 0;
    for (const Bytes word : all) bytes += word.size();
    const auto appended = stream_->append(id, all, bytes, limit_);
    if (fields == 4) {
      stream_->take_back(appended);
      return;
    }
    last_ = id;
    model_[id] = words;
  }

  void check_walk(StreamId from, StreamId to) const {
    StreamCursor up(*stream_, from, to, StreamCursor::Way::kUp);
    auto it = model_.lower_bound(from);
    for (; it != model_.end() && it->first <= to; ++it, up.next()) {
      FUZZ_CHECK(up && up.entry().id == it->first);
      size_t at = 0;
      up.entry().for_each_field([&](Bytes name, Bytes value) {
        FUZZ_CHECK(name == it->second[at] && value == it->second[at + 1]);
        at += 2;
      });
      FUZZ_CHECK(at == it->second.size());
    }
    FUZZ_CHECK(!up);
    StreamCursor down(*stream_, to, from, StreamCursor::Way::kDown);
    while (it != model_.begin() && (--it)->first >= from) {
      FUZZ_CHECK(down && down.entry().id == it->first);
      down.next();
    }
    FUZZ_CHECK(!down);
  }
  void check_from(StreamId id) const { check_walk(id, {id.ms + 3, id.seq}); }

  const std::unique_ptr<StreamObject> stream_ = std::make_unique<StreamObject>();
  const StreamChunkLimit limit_;
  StreamGroup* const group_;
  const size_t empty_;
  StreamId last_;
  std::map<StreamId, Words> model_;
  std::map<StreamId, std::string> pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const uint64_t bytes = input.byte() * uint64_t{16}, entries = input.below(32);
  const StreamChunkLimit limit{bytes, entries};
  Streams streams(limit);
  while (!input.empty() && streams.size() < kSizeMax) {
    streams.change(input);
    streams.check();
  }
  streams.finish();
  return 0;
}

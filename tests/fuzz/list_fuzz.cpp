// A list is what a deque with the same changes is, whatever the changes are and at any limit; it
// can be walked from both sides, and its memory is given back.
//
// Input: the limit, then changes. A change is a byte, two places in the list, and a value: a length
// with what it is made of, so that short inputs make long values too.
#include <deque>
#include <string>

#include "fuzz.h"
#include "store/list/list.h"

namespace {

using namespace kevy;

constexpr size_t kSizeMax = 4000;

std::string read_value(fuzz::Input& input) {
  const uint8_t kind = input.byte();
  if (kind < 64) return std::string(input.bytes(kind));
  if (kind < 128) return std::to_string(input.raw<int64_t>() >> (kind - 64));
  return std::string((kind - 128u) * 80u, static_cast<char>('a' + kind % 3));
}

class Lists {
 public:
  void change(fuzz::Input& input, const ListLimit& limit) {
    const uint8_t choice = input.below(8);
    const size_t size = model_.size();
    const size_t at = size == 0 ? 0 : input.raw<uint16_t>() % size;
    const size_t count = size == 0 ? 0 : input.raw<uint16_t>() % (size - at) + 1;
    const auto place = model_.begin() + static_cast<ptrdiff_t>(at);
    const std::string value = read_value(input);
    const Bytes values[] = {value};
    List list(keys_, key_, keys_.find(key_));
    if (choice == 0 || (size == 0 && choice > 1)) {
      list.push(End::kFront, values, limit);
      model_.push_front(value);
    } else if (choice == 1) {
      const Bytes more[] = {value, "a", value};
      list.push(End::kBack, more, limit);
      model_.insert(model_.end(), {value, "a", value});
    } else if (choice == 2) {
      list.insert(at, value, limit);
      model_.insert(place, value);
    } else if (choice == 3) {
      list.set(at, value, limit);
      *place = value;
    } else if (choice == 4) {
      list.erase(at, count, limit);
      model_.erase(place, place + static_cast<ptrdiff_t>(count));
    } else if (choice == 5) {
      const size_t back = at % 3 + 1 > size ? size : at % 3 + 1;
      list.erase(size - back, back, limit);
      model_.erase(model_.end() - static_cast<ptrdiff_t>(back), model_.end());
    } else {
      erase_equal(list, model_[at], count, choice == 6 ? End::kFront : End::kBack, limit);
    }
    if (model_.empty()) keys_.erase(key_);
  }

  void check() const {
    const List list(keys_.find(key_));
    FUZZ_CHECK(list.size() == model_.size());
    if (model_.empty()) return;
    size_t at = 0;
    list.for_each([&](Bytes element) {
      FUZZ_CHECK(element == model_[at++]);
      return kevy::Walk::kGoOn;
    });
    FUZZ_CHECK(at == model_.size());
    list.for_range(at - 1, at, End::kBack, [&](Bytes element) {
      FUZZ_CHECK(element == model_[--at]);
      return kevy::Walk::kGoOn;
    });
    FUZZ_CHECK(at == 0);
  }
  size_t size() const { return model_.size(); }
  /// Erases the list: what was counted for it goes with it.
  void finish() {
    keys_.erase(key_);
    FUZZ_CHECK(keys_.memory_bytes() < 64 * 1024);
  }

 private:
  void erase_equal(List& list, const std::string& value, size_t max, End from,
                   const ListLimit& limit) {
    const std::string wanted = value;
    std::deque<std::string> left;
    size_t erased = 0;
    const size_t size = model_.size();
    for (size_t i = 0; i < size; ++i) {
      std::string& element = model_[from == End::kFront ? i : size - 1 - i];
      if (erased < max && element == wanted) {
        ++erased;
      } else if (from == End::kFront) {
        left.push_back(std::move(element));
      } else {
        left.push_front(std::move(element));
      }
    }
    model_ = std::move(left);
    FUZZ_CHECK(list.erase_equal(wanted, max, from, limit) == erased);
  }

  const HashSecret& secret_ = HashSecret::process();
  Garbage garbage_;
  SpanPool spans_;
  Keyspace keys_{secret_, garbage_, spans_};
  Key key_{"list", hash_bytes("list", secret_)};
  std::deque<std::string> model_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const ListLimit limit = ListLimit::of(static_cast<int8_t>(input.byte()), 1);
  Lists lists;
  while (!input.empty() && lists.size() < kSizeMax) {
    lists.change(input, limit);
    lists.check();
  }
  lists.finish();
  return 0;
}

// Many members of a big sorted set, so many that their blocks are cut from chunks and that holes
// are closed: what is there is what a std::map has, where the table and the tree find it, whichever
// runs of additions and removals there were; and the memory of what is gone comes back.
//
// Input: operations of four or five bytes: what to do and how long the members are, the first
// number and the step to the next one, and how many.
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "fuzz.h"
#include "store/sorted_set/sorted_set_object.h"

namespace {

using kevy::SortedSetObject;
using kevy::fuzz::Input;

constexpr uint32_t kNumbers = 2048;
constexpr size_t kChangesMax = 5'000, kChecksMax = 4;

std::string name_of(uint32_t number, uint8_t length) {
  std::string name = std::to_string(number);
  return name.append(length, 'x');
}

class Program {
 public:
  ~Program() {
    check();
    for (const auto& [name, score] : model_) FUZZ_CHECK(set_->erase(name));
    FUZZ_CHECK(set_->memory_bytes() < 4096 + 2048);
  }

  void step(Input& input) {
    const uint8_t what = input.byte();
    // Mostly one length for all, so that there are many of it.
    const auto length = static_cast<uint8_t>((what & 0x38) == 0 ? input.byte() : what & 0x30);
    uint32_t number = input.byte() * 8u;
    const uint32_t stride = input.byte() * 2u + 1;
    for (unsigned left = input.byte() * 8u; left != 0 && changes_ < kChangesMax; --left) {
      change((what & 1) != 0, name_of(number, length), number % 8);
      number = (number + stride) % kNumbers;
    }
    if ((what & 6) == 6 && checks_++ < kChecksMax) check();
    // A quarter of the blocks may be in use and the tree's nodes a third full; the table keeps its
    // first segment.
    FUZZ_CHECK(set_->memory_bytes() < (bytes_ + model_.size() * 50) * 5 + 98'304);
  }

 private:
  void change(bool add, const std::string& name, double score) {
    ++changes_;
    const size_t bytes = kevy::ScoredMember::size(name) + 8;
    const auto known = model_.find(name);
    if (!add) {
      FUZZ_CHECK(set_->erase(name) == (known != model_.end()));
      if (known == model_.end()) return;
      bytes_ -= bytes;
      model_.erase(known);
    } else if (known == model_.end()) {
      set_->add(name, score);
      bytes_ += bytes;
      model_.emplace(name, score);
    }
  }
  void check() const {
    FUZZ_CHECK(set_->order().valid());
    FUZZ_CHECK(set_->order().size() == model_.size());
    FUZZ_CHECK(set_->size() == model_.size());
    set_->order().visit_up(0, model_.size(), [&](const kevy::ScoredMember& member, double score) {
      FUZZ_CHECK(std::as_const(*set_).find(member.key()) == &member);
      const auto known = model_.find(std::string(member.key()));
      FUZZ_CHECK(known != model_.end() && known->second == score);
      return kevy::Walk::kGoOn;
    });
  }

  const std::unique_ptr<SortedSetObject> set_ = std::make_unique<SortedSetObject>();
  std::map<std::string, double> model_;
  size_t bytes_ = 0;  // of the members
  size_t changes_ = 0, checks_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Program program;
  while (!input.empty()) program.step(input);
  return 0;
}

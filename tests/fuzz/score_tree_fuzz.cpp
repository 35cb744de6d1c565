// The tree of big sorted sets holds what a std::set holds, in the same order and with the same
// ranks, and its nodes are as they should be, after any changes.
//
// Input: operations of four bytes: what to do, the score, and two of the member. The first byte says
// how many elements a run of insertions adds at once, so that short inputs reach several levels.
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "fuzz.h"
#include "store/sorted_set/score_tree.h"

namespace {

using kevy::ScoredMember;
using kevy::ScoreTree;
using Element = std::pair<double, std::string>;

class Both {
 public:
  ~Both() {
    for (const auto& [element, member] : made_) std::free(member);
  }
  void insert(double score, const std::string& name) {
    if (made_.count({score, name}) != 0) return;
    void* memory = std::malloc(ScoredMember::size(name));
    ScoredMember* member = ScoredMember::write(memory, name, score);
    made_.emplace(Element{score, name}, member);
    tree_.insert(member);
  }
  void erase_at(uint64_t rank) {
    if (made_.empty()) return;
    ScoredMember* gone = tree_.erase_at(rank % made_.size());
    forget(gone);
  }
  void erase_near(const Element& element) {
    const auto found = near(element);
    if (found == made_.end()) return;
    ScoredMember* gone = found->second;
    tree_.erase(gone);
    forget(gone);
  }
  void update_near(const Element& element, double score) {
    const auto found = near(element);
    if (found == made_.end()) return;
    ScoredMember* member = found->second;
    Element after{score, std::string(member->key())};
    if (made_.count(after) != 0) return;
    tree_.update(member, score);
    made_.erase(found);
    made_.emplace(std::move(after), member);
  }
  void check() const {
    FUZZ_CHECK(tree_.valid());
    FUZZ_CHECK(tree_.size() == made_.size());
    auto at = made_.begin();
    uint64_t rank = 0;
    tree_.visit_up(0, tree_.size(), [&](const ScoredMember& member, double score) {
      FUZZ_CHECK(&member == at->second && score == at->first.first);
      if (rank % 16 == 0) FUZZ_CHECK(tree_.rank(score, member.key()) == rank);
      ++rank;
      ++at;
      return kevy::Walk::kGoOn;
    });
    FUZZ_CHECK(at == made_.end());
  }

 private:
  using Made = std::map<Element, ScoredMember*>;
  Made::iterator near(const Element& element) {
    const auto found = made_.lower_bound(element);
    return found != made_.end() ? found : made_.begin();
  }
  void forget(ScoredMember* gone) {
    FUZZ_CHECK(made_.erase({gone->score(), std::string(gone->key())}) == 1);
    std::free(gone);
  }

  ScoreTree tree_;
  Made made_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const unsigned run = 1 + input.below(32);
  Both both;
  constexpr int kOperationsMax = 250;  // so that no input takes long
  for (int i = 0; i < kOperationsMax && !input.empty(); ++i) {
    const uint8_t what = input.byte();
    const double score = static_cast<double>(input.byte());
    const unsigned number = input.raw<uint16_t>();
    const std::string name = std::to_string(number);
    switch (what % 5) {
      case 0:
      case 1:
        for (unsigned j = 0; j < run; ++j) {
          both.insert(what % 5 == 0 ? score + j : score, std::to_string(number + j));
        }
        break;
      case 2:
        for (unsigned j = 0; j < run; ++j) both.erase_at(number);
        break;
      case 3:
        both.erase_near({score, name});
        break;
      default:
        both.update_near({score, name}, static_cast<double>(what));
    }
  }
  both.check();
  return 0;
}

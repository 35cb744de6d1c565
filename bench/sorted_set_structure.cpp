// Why a sorted set is a counted B+ tree: the tree beside a plain skip list with spans, written here
// for the comparison, both holding the same members: insertion, rank, a range of 100 elements,
// removal.
// Usage: sorted_set_structure [members]. Prints rows; see README.md.
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "measure.h"
#include "store/sorted_set/score_tree.h"

namespace {

using kevy::Bytes;
using kevy::Random;
using kevy::ScoredMember;
using kevy::ScoreTree;

constexpr uint64_t kRange = 100;

/// Levels by chance, one in four goes up; each link knows how many elements it passes.
class SkipList {
 public:
  SkipList() : head_(make(nullptr, 0, kLevels)) {}
  ~SkipList() {
    for (Node* node = head_; node != nullptr;) {
      Node* next = node->links[0].next;
      std::free(node);
      node = next;
    }
  }
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  void insert(ScoredMember* member) {
    Node* before[kLevels];
    uint64_t ranks[kLevels];
    find(*member, before, ranks);
    unsigned levels = 1;
    while (levels < kLevels && random_.below(4) == 0) ++levels;
    for (; used_ < levels; ++used_) {
      before[used_] = head_;
      ranks[used_] = 0;
      head_->links[used_] = {nullptr, size_ + 1};
    }
    Node* node = make(member, member->score(), levels);
    for (unsigned level = 0; level < levels; ++level) {
      Link& link = before[level]->links[level];
      const uint64_t passed = ranks[0] - ranks[level];
      node->links[level] = {link.next, link.span - passed};
      link = {node, passed + 1};
    }
    for (unsigned level = levels; level < used_; ++level) ++before[level]->links[level].span;
    ++size_;
  }
  void erase(const ScoredMember& member) {
    Node* before[kLevels];
    uint64_t ranks[kLevels];
    find(member, before, ranks);
    Node* gone = before[0]->links[0].next;
    for (unsigned level = 0; level < used_; ++level) {
      Link& link = before[level]->links[level];
      if (link.next == gone) {
        link = {gone->links[level].next, link.span + gone->links[level].span - 1};
      } else {
        --link.span;
      }
    }
    std::free(gone);
    --size_;
  }
  uint64_t rank(const ScoredMember& member) const {
    Node* before[kLevels];
    uint64_t ranks[kLevels];
    find(member, before, ranks);
    return ranks[0];
  }
  template <typename Visit>
  void visit_up(uint64_t first, uint64_t count, Visit&& visit) const {
    const Node* node = head_;
    uint64_t passed = 0;
    for (unsigned level = used_; level-- != 0;) {
      while (node->links[level].next != nullptr && passed + node->links[level].span <= first) {
        passed += node->links[level].span;
        node = node->links[level].next;
      }
    }
    for (; count != 0; --count) {
      node = node->links[0].next;
      visit(*node->member, node->score);
    }
  }

 private:
  static constexpr unsigned kLevels = 32;
  struct Node;
  struct Link {
    Node* next;
    uint64_t span;
  };
  struct Node {
    ScoredMember* member;
    double score;
    Link links[1];  // as many as it has levels
  };

  static Node* make(ScoredMember* member, double score, unsigned levels) {
    void* memory = std::malloc(sizeof(Node) + (levels - 1) * sizeof(Link));
    if (memory == nullptr) std::abort();
    Node* node = static_cast<Node*>(memory);
    node->member = member;
    node->score = score;
    for (unsigned level = 0; level < levels; ++level) node->links[level] = {nullptr, 1};
    return node;
  }
  void find(const ScoredMember& member, Node** before, uint64_t* ranks) const {
    const double score = member.score();
    const Bytes key = member.key();
    Node* node = head_;
    uint64_t rank = 0;
    for (unsigned level = used_; level-- != 0;) {
      for (Node* next = node->links[level].next;
           next != nullptr &&
           (next->score < score || (next->score == score && next->member->key() < key));
           next = node->links[level].next) {
        rank += node->links[level].span;
        node = next;
      }
      before[level] = node;
      ranks[level] = rank;
    }
  }

  Node* head_;
  unsigned used_ = 1;
  uint64_t size_ = 0;
  Random random_{1};
};

/// The members, and the order in which they are taken.
struct Members {
  explicit Members(size_t count) {
    Random random(7);
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "member:" + std::to_string(100'000'000 + i);
      void* memory = std::malloc(ScoredMember::size(name));
      const auto score = static_cast<double>(random.below(1'000'000'000));
      all.push_back(ScoredMember::write(memory, name, score));
    }
    shuffled = all;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
  }
  ~Members() {
    for (ScoredMember* member : all) std::free(member);
  }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  std::vector<ScoredMember*> all, shuffled;
};

uint64_t sink = 0;

template <typename Step>
double each(const std::vector<ScoredMember*>& members, size_t count, Step&& step) {
  const int64_t begin = bench::now_ns();
  for (size_t i = 0; i < count; ++i) step(members[i]);
  return static_cast<double>(bench::now_ns() - begin) / static_cast<double>(count);
}

struct Times {
  double insert, rank, range, erase;
};

template <typename Structure, typename Rank, typename Erase>
Times measure(const Members& members, Rank&& rank, Erase&& erase) {
  Structure structure;
  const size_t count = members.all.size();
  const size_t some = std::min<size_t>(count, 200'000);
  Random random(3);
  Times times{};
  times.insert = each(members.all, count, [&](ScoredMember* m) { structure.insert(m); });
  times.rank = each(members.shuffled, some, [&](ScoredMember* m) { sink += rank(structure, *m); });
  times.range = each(members.shuffled, some / 10, [&](ScoredMember*) {
    structure.visit_up(random.below(count - kRange), kRange, [&](const ScoredMember& m, double) {
      sink += static_cast<unsigned char>(m.key()[0]);
      return kevy::Walk::kGoOn;
    });
  });
  times.erase = each(members.shuffled, count, [&](ScoredMember* m) { erase(structure, *m); });
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t count = argc > 1 ? static_cast<size_t>(std::atol(argv[1])) : 1'000'000;
  if (count <= kRange) return 1;
  constexpr int kRounds = 3;
  const Members members(count);
  std::vector<double> values[2][4];
  for (int round = 0; round < kRounds; ++round) {
    std::fprintf(stderr, "  round %d of %d, %zu members\n", round + 1, kRounds, count);
    const Times list = measure<SkipList>(
        members, [](const SkipList& s, const ScoredMember& m) { return s.rank(m); },
        [](SkipList& s, const ScoredMember& m) { s.erase(m); });
    const Times tree = measure<ScoreTree>(
        members, [](const ScoreTree& s, const ScoredMember& m) { return s.rank(m.score(), m.key()); },
        [](ScoreTree& s, const ScoredMember& m) { s.erase(&m); });
    const Times* both[] = {&list, &tree};
    for (int side = 0; side < 2; ++side) {
      const double of_side[] = {both[side]->insert, both[side]->rank, both[side]->range,
                                both[side]->erase};
      for (int what = 0; what < 4; ++what) values[side][what].push_back(of_side[what]);
    }
  }
  const char* names[] = {"insert", "rank", "range of 100", "erase"};
  for (int what = 0; what < 4; ++what) {
    const std::string name =
        std::string("sorted set, ") + names[what] + " at " + std::to_string(count) + " members";
    const double list = bench::median(values[0][what]), tree = bench::median(values[1][what]);
    bench::print_row(name, "skip list", list, "ns");
    bench::print_goal(name, "score tree", tree, "ns", "skip list", tree / list, 0.7);
  }
  return sink == 0 ? 1 : 0;
}

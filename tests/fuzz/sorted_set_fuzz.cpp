// A sorted set, packed or big, holds what a map holds, and every range has the elements it should.
//
// Input: the limit on members of the packed form, then operations: what to do, a score of eight
// bytes, the size of a member, the member.
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "fuzz.h"
#include "store/sorted_set/sorted_set.h"

namespace {

using kevy::Bytes;
using kevy::Direction;
using kevy::Ranks;
using kevy::ScoreRange;
using kevy::SortedSet;
using Outcome = SortedSet::Outcome;

struct Program {
  kevy::Garbage garbage;
  kevy::SpanPool spans;
  kevy::Keyspace keys{kevy::HashSecret::process(), garbage, spans};
  kevy::Key key{"k", kevy::hash_bytes("k", kevy::HashSecret::process())};
  SortedSet::Limits limits{};
  std::map<std::string, double> model;

  SortedSet set() { return {keys, key, keys.find(key)}; }

  void store(const std::string& member, double score, uint8_t bits) {
    if (std::isnan(score)) return;
    const kevy::ScoreRule rule{.only_new = (bits & 1) != 0, .only_existing = (bits & 2) != 0,
                               .only_greater = (bits & 4) != 0, .only_less = (bits & 8) != 0,
                               .add = (bits & 16) != 0};
    const SortedSet::Stored stored = set().store(member, score, rule, limits);
    const bool there = model.count(member) != 0;
    FUZZ_CHECK((stored.outcome == Outcome::kAdded) <= !there);
    if (stored.outcome == Outcome::kAdded || stored.outcome == Outcome::kChanged) {
      FUZZ_CHECK(stored.score == (rule.add && there ? model[member] + score : score));
      model[member] = stored.score;
    }
  }
  void erase(const std::string& member) {
    FUZZ_CHECK(set().erase(member) == (model.erase(member) == 1));
  }
  void erase_ranks(uint8_t first, uint8_t count) {
    SortedSet view = set();
    if (view.empty()) return;
    const uint64_t from = first % view.size();
    const Ranks ranks{from, count % (view.size() - from + 1)};
    view.visit(ranks, Direction::kUp, [&](Bytes member, double) {
      model.erase(std::string(member));
      return kevy::Walk::kGoOn;
    });
    view.erase(ranks);
  }
  void check_range(double min, double max, uint8_t bits) {
    if (std::isnan(min) || std::isnan(max)) return;
    const ScoreRange range{min, max, (bits & 1) != 0, (bits & 2) != 0};
    uint64_t count = 0;
    for (const auto& [member, score] : model) {
      if (range.past_min(score) && range.below_max(score)) ++count;
    }
    FUZZ_CHECK(set().between(range).count == count);
  }
  void check() {
    SortedSet view = set();
    FUZZ_CHECK(view.size() == model.size());
    std::set<std::pair<double, std::string>> order;
    for (const auto& [member, score] : model) order.emplace(score, member);
    auto at = order.begin();
    uint64_t rank = 0;
    view.for_each([&](Bytes member, double score) {
      FUZZ_CHECK(member == at->second && score == at->first);
      FUZZ_CHECK(view.rank(member)->rank == rank++);
      ++at;
      return kevy::Walk::kGoOn;
    });
    auto back = order.rbegin();
    view.visit({0, view.size()}, Direction::kDown, [&](Bytes member, double) {
      FUZZ_CHECK(member == back->second);
      ++back;
      return kevy::Walk::kGoOn;
    });
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  Program program;
  program.limits = {input.byte(), 64};
  while (!input.empty()) {
    const uint8_t what = input.byte();
    // As it is, or small, so that scores are often the same.
    const auto score = (what & 0x80) != 0 ? input.raw<double>() : static_cast<double>(input.byte());
    const std::string member(input.bytes(input.below(80)));
    switch (what % 6) {
      case 0:
      case 1:
        program.store(member, score, 0);
        break;
      case 2:
        program.store(member, score, static_cast<uint8_t>(what >> 2));
        break;
      case 3:
        program.erase(member);
        break;
      case 4:
        program.erase_ranks(input.byte(), input.byte());
        break;
      default:
        program.check_range(score, static_cast<double>(input.byte()), what);
    }
    if (program.model.empty() && program.set().entry() != nullptr) program.keys.erase(program.key);
  }
  program.check();
  return 0;
}

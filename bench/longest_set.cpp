// The longest single SET while an empty instance is filled, which a table that rehashes all at once
// would show.
// Usage: longest_set [keys]. Prints rows; see README.md.
#include <kevy.h>

#include "longest.h"
#include "workload.h"

namespace {

constexpr int kFills = 3;
constexpr size_t kBlockBytes = 64;  // about what a key takes

void fill(bench::Longest& longest) {
  kevy_instance* db;
  if (kevy_start(nullptr, &db) != KEVY_OK) std::abort();
  longest.fill([&](long i) {
    const bench::KeyText key = bench::key_text(static_cast<uint64_t>(i));
    kevy_set(db, key.data(), key.size(), bench::kValue.data(), bench::kValue.size(), 0, 0);
  });
  kevy_stop(db);
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 10'000'000;
  bench::Longest bare(count), sets(count);
  for (int i = 0; i < kFills; ++i) {
    std::fprintf(stderr, "  fill %d of %d, %ld keys\n", i + 1, kFills, count);
    bench::fill_bare(bare, count, kBlockBytes);
    fill(sets);
  }
  bench::print_longest("longest SET while filling " + std::to_string(count) + " keys", bare, sets);
}

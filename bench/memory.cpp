// What a key costs: the growth of the resident set per key, for 16-byte keys and values.
// Usage: memory [keys]. Prints one row; bench/memory.py sets it beside redis-server's.
#include <kevy.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "measure.h"
#include "workload.h"

namespace {

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  kevy_instance* db;
  if (kevy_start(nullptr, &db) != KEVY_OK) return 1;
  const double before = resident_bytes();
  for (long i = 0; i < count; ++i) {
    const bench::KeyText key = bench::key_text(static_cast<uint64_t>(i));
    kevy_set(db, key.data(), key.size(), bench::kValue.data(), bench::kValue.size(), 0, 0);
  }
  bench::print_row("memory of a key", "kevy",
                   (resident_bytes() - before) / static_cast<double>(count), "bytes");
  kevy_stop(db);
}

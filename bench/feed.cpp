// Runs the RESP requests of standard input in process, then prints by how many bytes the resident
// set has grown. bench/collections_memory.py sets it beside redis-server's.
#include <kevy.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace {

long resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  long total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

int main() {
  kevy_instance* db;
  kevy_session* session;
  if (kevy_start(nullptr, &db) != KEVY_OK || kevy_session_open(db, nullptr, &session) != KEVY_OK) return 1;
  std::vector<char> in(64 * 1024, ' '), out(64 * 1024, ' ');  // resident from the start
  const long before = resident_bytes();
  for (ssize_t count; (count = read(STDIN_FILENO, in.data(), in.size())) > 0;) {
    if (kevy_session_feed(session, in.data(), static_cast<size_t>(count)) != KEVY_OK) return 1;
    for (size_t taken = 1; taken != 0;) {
      if (kevy_session_take(session, out.data(), out.size(), &taken) != KEVY_OK) return 1;
      if (taken != 0 && out[0] == '-') return 1;
    }
  }
  std::printf("%ld\n", resident_bytes() - before);
  kevy_session_close(session);
  kevy_stop(db);
}

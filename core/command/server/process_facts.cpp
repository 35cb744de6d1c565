#include "command/server/process_facts.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/number.h"

namespace kevy {

namespace {

int64_t in_us(const timeval& time) noexcept {
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

ProcessorTime time_of(int who) noexcept {
  rusage usage{};
  if (getrusage(who, &usage) != 0) return {};
  return {in_us(usage.ru_stime), in_us(usage.ru_utime)};
}

uint64_t page_bytes() noexcept {
  const long bytes = sysconf(_SC_PAGESIZE);
  return bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
}

}  // namespace

std::string system_name() {
  utsname name{};
  if (uname(&name) != 0) return {};
  return std::string(name.sysname) + ' ' + name.release + ' ' + name.machine;
}

std::string program_path() {
  std::string path(PATH_MAX, '\0');
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return path;
}

// The second number of the file, in pages.
uint64_t resident_bytes() noexcept {
  const Descriptor file(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  std::array<char, 256> text;
  const ssize_t size = read(file.get(), text.data(), text.size());
  if (size <= 0) return 0;
  Bytes rest(text.data(), static_cast<size_t>(size));
  const size_t begin = rest.find(' ');
  if (begin == Bytes::npos) return 0;
  rest.remove_prefix(begin + 1);
  const auto pages = parse_int64(rest.substr(0, rest.find(' ')));
  return pages && *pages > 0 ? static_cast<uint64_t>(*pages) * page_bytes() : 0;
}

uint64_t system_memory_bytes() noexcept {
  const long pages = sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? static_cast<uint64_t>(pages) * page_bytes() : 0;
}

ProcessorTime processor_time() noexcept { return time_of(RUSAGE_SELF); }
ProcessorTime processor_time_of_children() noexcept { return time_of(RUSAGE_CHILDREN); }

}  // namespace kevy

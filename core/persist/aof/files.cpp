#include "persist/aof/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace kevy {

namespace {

struct CodeText {
  int code;
  const char* text;
};

constexpr CodeText kTexts[] = {
    {EIO, "Input/output error"},        {ENOSPC, "No space left on device"},
    {EDQUOT, "Disk quota exceeded"},    {EFBIG, "File too large"},
    {EROFS, "Read-only file system"},   {EACCES, "Permission denied"},
    {EPERM, "Operation not permitted"}, {ENOENT, "No such file or directory"},
    {ENOTDIR, "Not a directory"},       {EISDIR, "Is a directory"},
    {EMFILE, "Too many open files"},    {ENFILE, "Too many open files in system"},
    {ENOMEM, "Cannot allocate memory"}, {EINVAL, "Invalid argument"},
    {EBADF, "Bad file descriptor"},     {EAGAIN, "Resource temporarily unavailable"},
};

template <typename Call>
auto again_if_interrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

std::string system_text(int code) {
  for (const auto& [known, text] : kTexts) {
    if (known == code) return text;
  }
  return "error " + std::to_string(code);
}

Error system_error(const std::string& what, int code) {
  return {Error::Kind::kSystem, what + ": " + system_text(code), code};
}

Result<Descriptor> open_directory(int at, const std::string& name) {
  if (mkdirat(at, name.c_str(), 0777) < 0 && errno != EEXIST) {
    return system_error("the directory " + name + " can not be made", errno);
  }
  Descriptor opened(again_if_interrupted(
      [&] { return openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!opened) return system_error("the directory " + name + " can not be opened", errno);
  return opened;
}

Result<Descriptor> open_to_append(int directory, const std::string& name) {
  Descriptor opened(again_if_interrupted([&] {
    return openat(directory, name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  }));
  if (!opened) return system_error(name + " can not be opened", errno);
  return opened;
}

Result<std::string> read_file(int directory, const std::string& name, bool& found) {
  found = false;
  const Descriptor opened(
      again_if_interrupted([&] { return openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!opened && errno == ENOENT) return std::string();
  if (!opened) return system_error(name + " can not be opened", errno);
  found = true;
  std::string text;
  char piece[4096];
  while (true) {
    const ssize_t got =
        again_if_interrupted([&] { return read(opened.get(), piece, sizeof piece); });
    if (got < 0) return system_error(name + " can not be read", errno);
    if (got == 0) return text;
    text.append(piece, static_cast<size_t>(got));
  }
}

Status write_all(int file, Bytes bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t put =
        again_if_interrupted([&] { return write(file, bytes.data(), bytes.size()); });
    if (put < 0) return system_error(name + " can not be written", errno);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return Done{};
}

Status sync_directory(int directory) {
  if (again_if_interrupted([&] { return fsync(directory); }) < 0) {
    return system_error("the directory of the append-only file can not be synced", errno);
  }
  return Done{};
}

Status replace_file(int directory, const std::string& name, Bytes text) {
  const std::string aside = "temp-" + name;
  {
    const Descriptor opened(again_if_interrupted([&] {
      return openat(directory, aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }));
    if (!opened) return system_error(aside + " can not be opened", errno);
    if (auto written = write_all(opened.get(), text, aside); !written) return written;
    if (again_if_interrupted([&] { return fsync(opened.get()); }) < 0) {
      return system_error(aside + " can not be synced", errno);
    }
  }
  if (renameat(directory, aside.c_str(), directory, name.c_str()) < 0) {
    return system_error(aside + " can not be renamed", errno);
  }
  return sync_directory(directory);
}

Result<uint64_t> size_of_file(int file, const std::string& name) {
  struct statx status {};  // that older glibc have: not fstat
  if (statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &status) < 0) {
    return system_error(name + " can not be looked at", errno);
  }
  return status.stx_size;
}

}  // namespace kevy

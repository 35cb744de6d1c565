#include "persist/aof/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

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

struct CloseDirectory {
  void operator()(DIR* stream) const noexcept { closedir(stream); }
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
  const bool made = mkdirat(at, name.c_str(), 0777) == 0;
  if (!made && errno != EEXIST) {
    return system_error("the directory " + name + " can not be made", errno);
  }
  Descriptor opened(again_if_interrupted(
      [&] { return openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!opened) return system_error("the directory " + name + " can not be opened", errno);
  if (!made) return opened;
  // What a crash leaves of a file is of no use without the way to it.
  const Descriptor above(again_if_interrupted(
      [&] { return openat(opened.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!above) return system_error("the directory above " + name + " can not be opened", errno);
  if (auto synced = sync_directory(above.get()); !synced) return synced.error();
  return opened;
}

Result<Descriptor> open_to_read(int directory, const std::string& name) {
  Descriptor opened(again_if_interrupted(
      [&] { return openat(directory, name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }));
  if (!opened) return system_error(name + " can not be opened", errno);
  struct statx status {};  // that older glibc have: not fstat
  if (statx(opened.get(), "", AT_EMPTY_PATH, STATX_TYPE, &status) < 0) {
    return system_error(name + " can not be looked at", errno);
  }
  if (!S_ISREG(status.stx_mode)) return Error{Error::Kind::kInvalid, name + " is no regular file"};
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
  auto opened = open_to_read(directory, name);
  if (!opened && opened.error().code == ENOENT) return std::string();
  if (!opened) return opened.error();
  found = true;
  std::string text;
  char piece[4096];
  while (true) {
    const ssize_t got =
        again_if_interrupted([&] { return read(opened->get(), piece, sizeof piece); });
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

Result<std::vector<std::string>> names_in_directory(int directory) {
  Descriptor own(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* const stream = own ? fdopendir(own.get()) : nullptr;
  if (stream == nullptr) return system_error("a directory can not be read", errno);
  own.release();
  const std::unique_ptr<DIR, CloseDirectory> closes(stream);
  std::vector<std::string> names;
  for (errno = 0; const dirent* const entry = readdir(stream); errno = 0) {
    names.emplace_back(static_cast<const char*>(entry->d_name));
  }
  if (errno != 0) return system_error("a directory can not be read", errno);
  return names;
}

Status sync_directory(int directory) {
  if (again_if_interrupted([&] { return fsync(directory); }) < 0) {
    return system_error("the directory of the append-only file can not be synced", errno);
  }
  return Done{};
}

namespace {

Status write_new_file(int directory, const std::string& name, Bytes text) {
  const Descriptor opened(again_if_interrupted([&] {
    return openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }));
  if (!opened) return system_error(name + " can not be opened", errno);
  if (auto written = write_all(opened.get(), text, name); !written) return written;
  if (again_if_interrupted([&] { return fsync(opened.get()); }) < 0) {
    return system_error(name + " can not be synced", errno);
  }
  return Done{};
}

}  // namespace

Status replace_file(int directory, const std::string& name, Bytes text) {
  const std::string aside = "temp-" + name;
  Status done = write_new_file(directory, aside, text);
  if (done && renameat(directory, aside.c_str(), directory, name.c_str()) < 0) {
    done = system_error(aside + " can not be renamed", errno);
  }
  if (done) return sync_directory(directory);
  unlinkat(directory, aside.c_str(), 0);  // a disk that is full has room for something else then
  return done;
}

Result<Bytes> read_at(int file, uint64_t begin, size_t size, std::string& buffer) {
  buffer.resize(size);
  size_t had = 0;
  while (had < size) {
    const ssize_t got =
        pread(file, buffer.data() + had, size - had, static_cast<off_t>(begin + had));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{Error::Kind::kSystem, "", errno};
    if (got == 0) break;
    had += static_cast<size_t>(got);
  }
  return Bytes(buffer).substr(0, had);
}

Result<uint64_t> size_of_file(int file, const std::string& name) {
  struct statx status {};  // that older glibc have: not fstat
  if (statx(file, "", AT_EMPTY_PATH, STATX_SIZE, &status) < 0) {
    return system_error(name + " can not be looked at", errno);
  }
  return status.stx_size;
}

}  // namespace kevy

#include "persist/snapshot/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/c_locale.h"

namespace kevy {

// Functions of stat's family are symbols that older glibc do not have; statx is there from 2.28 on.
uint64_t size_of_file(const std::string& path) noexcept {
  struct statx status {};
  return statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, &status) == 0 ? status.stx_size : 0;
}

Error FileSource::error() const {
  return {Error::Kind::kSystem, path_ + ": it can not be read: " + error_text(code_), code_};
}

// Nobody is waited for who might write to a pipe.
Result<bool> FileSource::open() {
  file_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file_ && errno == ENOENT) return false;
  code_ = file_ ? 0 : errno;
  struct statx status {};
  if (file_ && statx(file_.get(), "", AT_EMPTY_PATH, STATX_TYPE, &status) != 0) code_ = errno;
  if (code_ == 0 && S_ISDIR(status.stx_mode)) code_ = EISDIR;
  if (code_ != 0) return error();
  if (!S_ISREG(status.stx_mode)) {
    return Error{Error::Kind::kInvalid, path_ + ": it is no file that has data"};
  }
  return true;
}

size_t FileSource::read(char* to, size_t size) {
  ssize_t got;
  do {
    got = ::read(file_.get(), to, size);
  } while (got < 0 && errno == EINTR);
  if (got >= 0) return static_cast<size_t>(got);
  code_ = errno;
  return 0;
}

}  // namespace kevy

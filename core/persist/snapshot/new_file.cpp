#include "persist/snapshot/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/c_locale.h"

namespace kevy {

namespace {

// Files of other instances, of this process and of others, have other names.
std::string temporary_name() {
  static std::atomic<uint64_t> count{0};
  return "temp-" + std::to_string(getpid()) + '-' + std::to_string(count.fetch_add(1)) + ".rdb";
}

}  // namespace

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Error NewFile::failed(const char* what) const {
  const int code = errno;
  return {Error::Kind::kSystem, path(name_) + ": " + what + ": " + error_text(code), code};
}

Status NewFile::open() {
  constexpr mode_t kMode = 0644;
  std::string temporary = path(temporary_name());
  file_ = Descriptor(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode));
  if (!file_) return failed("it can not be made");
  temporary_ = std::move(temporary);
  return Done{};
}

bool NewFile::was_cancelled() {
  if (cancelled_ == nullptr || !cancelled_->load(std::memory_order_relaxed)) return false;
  error_ = {Error::Kind::kState, "it was cancelled", ECANCELED};
  return true;
}

bool NewFile::write_at(Bytes bytes, int64_t at) {
  while (!bytes.empty()) {
    if (was_cancelled()) return false;
    constexpr size_t kOnceMost = size_t{4} << 20;
    const size_t once = std::min(bytes.size(), kOnceMost);
    const ssize_t written = pwrite(file_.get(), bytes.data(), once, at);
    if (written < 0) {
      if (errno == EINTR) continue;
      error_ = failed("it can not be written");
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
    at += written;
  }
  return true;
}

bool NewFile::write(Bytes bytes) {
  if (!write_at(bytes, size_)) return false;
  size_ += static_cast<int64_t>(bytes.size());
  return true;
}

bool NewFile::rewrite_start(Bytes bytes) { return write_at(bytes, 0); }

Status NewFile::take_name() {
  const std::string wanted = path(name_);
  std::unique_lock<std::mutex> guard;
  if (naming_ != nullptr) guard = std::unique_lock(*naming_);
  if (was_cancelled()) return error_;
  if (rename(temporary_.c_str(), wanted.c_str()) != 0) return failed("it can not be given its name");
  temporary_.clear();
  return Done{};
}

Status NewFile::commit() {
  if (fsync(file_.get()) != 0) return failed("it can not be brought to the disk");
  if (close(file_.release()) != 0) return failed("it can not be closed");
  const Descriptor folder(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return failed("its directory can not be opened");
  if (Status named = take_name(); !named) return named;
  if (fsync(folder.get()) != 0) return failed("its name can not be brought to the disk");
  return Done{};
}

}  // namespace kevy

#include "persist/aof/log_file.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/thread.h"
#include "persist/aof/files.h"
#include "runtime/persistence/append_only.h"
#include "runtime/persistence/snapshots.h"

namespace kevy {

namespace {

constexpr int64_t kSyncPeriodUs = 1'000'000;
constexpr int64_t kRestMs = 2;     // between two writes that nobody waits for
constexpr int64_t kLookMs = 20;    // between two looks for work, while a sync is due
constexpr int64_t kRetryMs = 100;  // while the disk fails
// Between two looks at what is to be synced: bytes, and writes of few bytes.
constexpr uint64_t kBytesMax = uint64_t{32} << 20;
constexpr int kFewMax = 8;
constexpr int kLastTries = 3;  // when the instance stops

}  // namespace

void LogFile::set_stamps() noexcept {
  const bool wanted = runtime_.settings().append_timestamps.load(std::memory_order_relaxed);
  log_.set_clock(wanted ? &runtime_.clock() : nullptr);
}

bool LogFile::start(Target target) {
  set_stamps();
  current_ = std::move(target);
  begin_file();
  last_sync_us_ = Clock::monotonic_us();
  stopping_.store(false);
  thread_ = start_thread([this] { run(); });
  return thread_.joinable();
}

void LogFile::stop() noexcept {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  log_.call_consumer();
  thread_.join();
}

void LogFile::retarget(Target target) {
  std::lock_guard guard(next_mutex_);
  next_ = std::move(target);
  about_to_change_.store(true);
  log_.call_consumer();
}

std::optional<uint64_t> LogFile::next_begin() {
  std::lock_guard guard(next_mutex_);
  return next_ ? std::optional(next_->begin) : std::nullopt;
}

void LogFile::fail(const char* what, int code) noexcept {
  doubtful_ = true;
  if (failing_.exchange(true)) return;
  try {
    runtime_.refuse_writes(
        Runtime::Refusal::kAppendOnly,
        std::string("MISCONF Errors writing to the AOF file: ") + what + system_text(code));
  } catch (const std::bad_alloc&) {
    failing_.store(false);  // said at the next attempt
  }
  log_.set_failing(true);
}

void LogFile::succeed() noexcept {
  doubtful_ = false;
  if (!failing_.exchange(false)) return;
  log_.set_failing(false);
  if (!log_.broken()) runtime_.allow_writes(Runtime::Refusal::kAppendOnly);
}

size_t LogFile::limit(iovec* pieces, size_t count, uint64_t most) const noexcept {
  for (size_t i = 0; i < count; ++i) {
    if (pieces[i].iov_len >= most) {
      pieces[i].iov_len = most;
      return most == 0 ? i : i + 1;
    }
    most -= pieces[i].iov_len;
  }
  return count;
}

// The pieces of the next group, whose line is made.
size_t LogFile::begin_group(iovec* pieces) noexcept {
  // In this order: what belongs to another file is appended once it is known where that begins.
  uint64_t whole = 0;
  size_t count = log_.peek_units({pieces, kPieces}, ahead_, kGroupBytes, whole);
  if (const auto ends_at = next_begin()) whole = std::min(whole, *ends_at - written());
  count = limit(pieces, count, whole);
  group_left_ = whole;
  line_size_ = line_put_ = 0;
  if (whole == 0 || !sums()) return count;
  GroupHash hash;
  for (size_t i = 0; i < count; ++i) {
    hash.add({static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len});
  }
  line_size_ = SumLine{whole, sure_, hash.value()}.put(line_);
  said_sure_ = sure_;
  return count;
}

size_t LogFile::go_on_with_group(iovec* pieces) noexcept {
  uint64_t whole = 0;
  return limit(pieces, log_.peek_units({pieces, kPieces}, ahead_, UINT64_MAX, whole), group_left_);
}

void LogFile::note_written(size_t bytes) noexcept {
  file_size_ += bytes;
  size_shown_.store(file_size_, std::memory_order_relaxed);
  dirty_ = true;
  const size_t of_line = std::min(bytes, line_size_ - line_put_);
  line_put_ += of_line;
  group_left_ -= bytes - of_line;
  ahead_ += bytes - of_line;
  if (in_group() || always()) return;
  log_.consume(std::exchange(ahead_, 0));
  ahead_from_ = file_size_;
}

// False when the disk refuses. `more`: there may be more that belongs to this file.
bool LogFile::write_some(bool& more) noexcept {
  iovec pieces[1 + kPieces];
  size_t count = in_group() ? go_on_with_group(pieces + 1) : begin_group(pieces + 1);
  more = in_group();
  if (!more) return true;
  pieces[0] = {line_ + line_put_, line_size_ - line_put_};
  count = limit(pieces, 1 + count, kAtOnce);
  const ssize_t put = writev(current_.file.get(), pieces, static_cast<int>(count));
  if (put < 0 && errno == EINTR) return true;
  if (put < 0) {
    fail("", errno);
    return false;
  }
  note_written(static_cast<size_t>(put));
  return true;
}

// Not within a group.
bool LogFile::sync() noexcept {
  if (dirty_) {
    if (fdatasync(current_.file.get()) < 0) {
      const int code = errno;
      if (ahead_from_ != current_.size) {  // it is not in memory any more
        losses_.fetch_add(1);
        unsure_ = true;
      }
      fail("", code);
      return false;
    }
    dirty_ = false;
    last_sync_us_ = Clock::monotonic_us();
  }
  current_.size = ahead_from_ = file_size_;
  if (!unsure_) sure_ = file_size_;
  if (ahead_ != 0) log_.consume(std::exchange(ahead_, 0));
  log_.set_safe(log_.consumed());
  return true;
}

// After a failure the file ends where it is known to be safe, or where what is still in memory
// begins, and that is written anew.
bool LogFile::recover() noexcept {
  if (file_size_ != ahead_from_ &&
      ftruncate(current_.file.get(), static_cast<off_t>(ahead_from_)) < 0) {
    fail("", errno);
    return false;
  }
  ahead_ = group_left_ = 0;
  line_size_ = line_put_ = 0;
  file_size_ = ahead_from_;
  size_shown_.store(file_size_, std::memory_order_relaxed);
  return true;
}

void LogFile::begin_file() noexcept {
  file_size_ = ahead_from_ = sure_ = said_sure_ = current_.size;
  unsure_ = false;
  size_shown_.store(file_size_, std::memory_order_relaxed);
}

// Says that all of it is on disk. Whether that itself comes there is of no matter, in the last
// file: a part of the line is cut off. One that others are behind is wrong if anything in it is,
// without that.
void LogFile::end_file() noexcept {
  if (!sums() || sure_ != file_size_ || sure_ == said_sure_) return;
  char line[SumLine::kMax];
  const size_t size = SumLine{0, sure_, GroupHash().value()}.put(line);
  const ssize_t put = write(current_.file.get(), line, size);
  if (put == static_cast<ssize_t>(size)) {
    file_size_ = ahead_from_ = current_.size = file_size_ + size;
    size_shown_.store(file_size_, std::memory_order_relaxed);
    said_sure_ = sure_;
    (void)fdatasync(current_.file.get());
  } else if (put > 0) {
    (void)!ftruncate(current_.file.get(), static_cast<off_t>(file_size_));
  }
}

// When all that belongs to the file is in it. False when the disk refuses.
bool LogFile::switch_file() noexcept {
  const auto begin = next_begin();
  if (!begin || written() < *begin || in_group()) return true;
  if (!sync()) return false;
  std::lock_guard guard(next_mutex_);
  current_ = std::move(*next_);
  next_.reset();
  begin_file();
  about_to_change_.store(false);
  return true;
}

// Whether the disk is left to a base or a snapshot that is being written:
// no-appendfsync-on-rewrite.
bool LogFile::spares_disk() const noexcept {
  if (!runtime_.settings().no_fsync_on_rewrite.load(std::memory_order_relaxed)) return false;
  AppendOnly* const file = runtime_.append_only();
  Snapshots* const snapshots = runtime_.snapshots();
  return (file != nullptr && file->state().rewriting) ||
         (snapshots != nullptr && snapshots->state().in_progress);
}

// False when the disk refuses.
bool LogFile::step() noexcept {
  set_stamps();
  if (log_.broken()) {
    fail("a change was lost, since there was no memory; BGREWRITEAOF makes a whole file: ", ENOMEM);
    return false;
  }
  if (doubtful_ && !recover()) return false;
  // What waits for a sync is not to wait for all that comes meanwhile.
  bool more = true;
  const uint64_t begin = written();
  for (int few = 0; more && (in_group() || (few < kFewMax && written() - begin < kBytesMax));) {
    const uint64_t before = written();
    if (!write_some(more) || !switch_file()) return false;
    if (written() - before < kGroupBytes / 2) ++few;
    if (ahead_ > kAtOnce && !in_group()) break;
  }
  const Fsync policy = runtime_.settings().append_fsync.load(std::memory_order_relaxed);
  const bool due = policy == Fsync::kAlways ||
                   (policy == Fsync::kEverySecond && dirty_ &&
                    Clock::monotonic_us() - last_sync_us_ >= kSyncPeriodUs && !spares_disk());
  if ((due || doubtful_) && !sync()) return false;
  succeed();
  return true;
}

void LogFile::sleep() noexcept {
  const Fsync policy = runtime_.settings().append_fsync.load(std::memory_order_relaxed);
  const bool all_written = log_.end() == written();
  if (policy == Fsync::kAlways) {
    if (all_written) log_.wait_for_work();
  } else if (!all_written) {
    log_.pause_consumer(kRestMs);
  } else if (policy == Fsync::kEverySecond && dirty_) {
    const int64_t left_us = last_sync_us_ + kSyncPeriodUs - Clock::monotonic_us();
    log_.pause_consumer(left_us < 0 ? kLookMs : std::min(left_us / 1000 + 1, kLookMs));
  } else {
    log_.wait_for_work();
    log_.pause_consumer(kRestMs);
  }
}

void LogFile::run() noexcept {
  while (!stopping_.load()) {
    if (step()) {
      if (on_step_) on_step_();
      sleep();
    } else {
      log_.pause_consumer(kRetryMs);
    }
  }
  for (int failures = 0; failures < kLastTries;) {
    if (!step() || !sync()) {
      ++failures;
    } else if (log_.end() == written()) {
      end_file();
      break;
    }
  }
}

}  // namespace kevy

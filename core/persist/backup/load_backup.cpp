#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/c_locale.h"
#include "persist/backup/backup.h"
#include "persist/load/read_keys.h"
#include "persist/load/staged_keys.h"
#include "persist/rdb/limits.h"
#include "persist/snapshot/file_source.h"
#include "resp/reply_tree.h"
#include "runtime/persistence/append_only.h"

namespace kevy {

namespace {

/// What is read from the file is copied to another one, and told of.
class CopyingSource final : public RdbSource {
 public:
  CopyingSource(FileSource& file, int copy, uint64_t size, const Progress& progress) noexcept
      : file_(file), copy_(copy), size_(size), progress_(progress) {}

  size_t read(char* to, size_t size) override {
    if (code_ != 0 || stopped_) return 0;
    const size_t got = file_.read(to, size);
    done_ += got;
    if (copy_ >= 0 && !write_copy({to, got})) return 0;
    return go_on() ? got : 0;
  }
  bool go_on() {
    stopped_ = progress_ && !progress_(done_, std::max(size_, done_));
    return !stopped_;
  }
  /// Why the copy could not be written: an errno.
  int code() const noexcept { return code_; }
  bool stopped() const noexcept { return stopped_; }

 private:
  bool write_copy(Bytes bytes) noexcept {
    while (!bytes.empty()) {
      const ssize_t put = ::write(copy_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        code_ = errno;
        return false;
      }
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return true;
  }

  FileSource& file_;
  const int copy_;
  const uint64_t size_;
  const Progress& progress_;
  uint64_t done_ = 0;
  int code_ = 0;
  bool stopped_ = false;
};

class Loading final : public AppendOnly::Replacement {
 public:
  Loading(Runtime& runtime, const LibraryCodes& libraries, const std::string& path,
          const Progress& progress)
      : runtime_(runtime),
        libraries_(libraries),
        path_(path),
        progress_(progress),
        keys_(runtime, size_of_file(path)) {}

  Status prepare(int base) override;
  Status make_ready(Turn& turn) override;
  void put(Turn& all) noexcept override { keys_.take_over(all); }
  void give_up(Turn& turn) noexcept override;

 private:
  Status read(FileSource& source, int base);
  Status replace_libraries(Turn& turn);
  Status load_libraries(Turn& turn, const std::vector<std::string>& codes);

  Runtime& runtime_;
  const LibraryCodes& libraries_;
  const std::string& path_;
  const Progress& progress_;
  StagedKeys keys_;
  std::vector<std::string> codes_before_;
  bool libraries_replaced_ = false;
};

Status Loading::prepare(int base) {
  FileSource source(path_);
  const Result<bool> opened = source.open();
  if (!opened) return opened.error();
  if (!*opened) {
    return Error{Error::Kind::kSystem, path_ + ": there is no such file", ENOENT};
  }
  return read(source, base);
}

Status Loading::read(FileSource& source, int base) {
  const uint64_t size = size_of_file(path_);
  CopyingSource copying(source, base, size, progress_);
  if (!copying.go_on()) return cancelled();
  RdbReader reader(copying);
  const auto failure =
      read_keys(runtime_, reader, keys_, rdb_limits(runtime_.settings()), loading_threads(size));
  if (copying.stopped()) return cancelled();
  if (source.code() != 0) return source.error();
  if (copying.code() != 0) {
    return Error{Error::Kind::kSystem,
                 std::string("the base of the append-only file can not be written: ") +
                     error_text(copying.code()),
                 copying.code()};
  }
  if (failure) {
    // What is wrong with a key, and not with the form of the file, is told without a place.
    constexpr Bytes kPlace = "at byte ";
    const std::string& wrong = failure->error.message;
    const std::string place = wrong.starts_with(kPlace)
                                  ? std::string()
                                  : std::string(kPlace) + std::to_string(failure->offset) + ": ";
    return Error{Error::Kind::kInvalid, path_ + ": " + place + wrong};
  }
  // What is behind the end, and what commands the file may have there, is not taken.
  if (base >= 0 && ftruncate(base, static_cast<off_t>(reader.offset())) != 0) {
    return Error{
        Error::Kind::kSystem,
        std::string("the base of the append-only file can not be cut: ") + error_text(errno),
        errno};
  }
  return Done{};
}

// By commands, so that it is done as a whole or not at all, and is in the log.
Status Loading::load_libraries(Turn& turn, const std::vector<std::string>& codes) {
  ReplyTree reply(2);
  if (codes.empty()) {
    const Bytes words[] = {"FUNCTION", "FLUSH"};
    runtime_.execute(turn, runtime_.stateless(), words, reply);
  } else {
    const std::string payload = runtime_.payload()->payload_of(codes);
    const Bytes words[] = {"FUNCTION", "RESTORE", payload, "FLUSH"};
    runtime_.execute(turn, runtime_.stateless(), words, reply);
  }
  const std::unique_ptr<ReplyRoot, decltype(&free_reply)> root(reply.take(), free_reply);
  if (root == nullptr) throw std::bad_alloc();
  const ReplyNode& answer = *node_of(root.get());
  if (answer.type != NodeType::kError) return Done{};
  const std::string text(answer.bytes, answer.size);
  if (text.starts_with("OOM ")) throw std::bad_alloc();
  if (!text.starts_with("ERR ")) return Error{Error::Kind::kState, text};  // none is loaded now
  return Error{Error::Kind::kInvalid,
               path_ + ": the libraries of functions in it can not be loaded: " + text.substr(4)};
}

Status Loading::make_ready(Turn& turn) {
  try {
    if (Status replaced = replace_libraries(turn); !replaced) return replaced;
    keys_.make_room(turn);
    return Done{};
  } catch (const std::bad_alloc&) {
    give_up(turn);
    throw;
  }
}

// The commands take all shards, and leave them with the turn: so no library that somebody else
// loads comes between these and the keys, with which the log begins anew.
Status Loading::replace_libraries(Turn& turn) {
  do {
    turn.hold_all();
    std::vector<std::string> codes = libraries_.library_codes();
    if (codes == keys_.codes()) return Done{};
    const bool again = libraries_replaced_;
    if (!again) codes_before_ = std::move(codes);
    libraries_replaced_ = true;  // where no memory is left for the answer
    Status loaded = load_libraries(turn, keys_.codes());
    if (!loaded) {
      libraries_replaced_ = again;
      give_up(turn);
      return loaded;
    }
  } while (!turn.holds_all());
  return Done{};
}

void Loading::give_up(Turn& turn) noexcept {
  if (!libraries_replaced_) return;
  try {
    (void)load_libraries(turn, codes_before_);
  } catch (const std::bad_alloc&) {
    return;
  }
}

}  // namespace

Status load_backup(Runtime& runtime, const LibraryCodes& libraries, const std::string& path,
                   const Progress& progress) {
  Loading loading(runtime, libraries, path, progress);
  return runtime.append_only()->replace(loading);
}

}  // namespace kevy

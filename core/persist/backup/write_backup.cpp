#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "persist/backup/backup.h"
#include "persist/snapshot/all_keys.h"
#include "persist/snapshot/new_file.h"

namespace kevy {

namespace {

/// Tells how far the view has come whenever some of the file is written.
class ReportingSink final : public RdbSink {
 public:
  ReportingSink(NewFile& file, const MomentView& view, const Progress& progress) noexcept
      : file_(file), view_(view), progress_(progress) {}

  bool write(Bytes bytes) override { return go_on() && file_.write(bytes); }
  bool rewrite_start(Bytes bytes) override { return file_.rewrite_start(bytes); }
  bool go_on() {
    const MomentView::Progress now = view_.progress();
    if (progress_ && !stopped_ && !progress_(now.keys_done, now.keys)) stopped_ = true;
    return !stopped_;
  }
  const std::atomic<bool>& stopped() const noexcept { return stopped_; }

 private:
  NewFile& file_;
  const MomentView& view_;
  const Progress& progress_;
  std::atomic<bool> stopped_{false};
};

struct Place {
  std::string directory, name;
};

Place place_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {path.substr(0, std::max<size_t>(slash, 1)), path.substr(slash + 1)};
}

// What is there and is no file stays: a directory, /dev/null, somebody's pipe.
bool is_other_than_file(const std::string& path) noexcept {
  struct statx status {};  // that older glibc have: not lstat
  return statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
         !S_ISREG(status.stx_mode) && !S_ISLNK(status.stx_mode);
}

}  // namespace

Status write_backup(Runtime& runtime, const LibraryCodes& libraries, const std::string& path,
                    const Progress& progress) {
  const Place place = place_of(path);
  if (place.name.empty() || is_other_than_file(path)) {
    return Error{Error::Kind::kInvalid, "path: '" + path + "' does not name a file"};
  }
  NewFile file(place.directory, place.name, nullptr);
  if (Status opened = file.open(); !opened) return opened;
  MomentView view(runtime);
  ReportingSink sink(file, view, progress);
  const Settings& settings = runtime.settings();
  RdbFileWriter writer(sink, {settings.rdb_compression.load(std::memory_order_relaxed),
                              settings.rdb_checksum.load(std::memory_order_relaxed)});
  std::vector<std::string> codes;
  {
    Turn all(runtime);
    all.hold_all();
    codes = libraries.library_codes();
    view.open(all);
  }
  if (!sink.go_on()) return cancelled();
  const bool written =
      write_moment(runtime, RdbPurpose::kSnapshot, view, codes, writer, sink.stopped());
  if (sink.stopped()) return cancelled();
  if (view.failed()) return Error{Error::Kind::kNoMemory, "out of memory"};
  if (!written) return file.error();
  return file.commit();
}

}  // namespace kevy

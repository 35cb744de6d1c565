#include "persist/aof/base_file.h"

#include <unistd.h>

#include <cerrno>

#include "persist/aof/files.h"
#include "persist/load/read_keys.h"
#include "persist/load/staged_keys.h"
#include "persist/rdb/file_writer.h"
#include "persist/rdb/limits.h"
#include "persist/snapshot/all_keys.h"
#include "resp/discarded_reply.h"

namespace kevy {

namespace {

class FileSink final : public RdbSink {
 public:
  explicit FileSink(int file) noexcept : file_(file) {}
  bool write(Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::write(file_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return fail();
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return true;
  }
  bool rewrite_start(Bytes bytes) override {
    return pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) ||
           fail();
  }
  int code() const noexcept { return code_; }

 private:
  bool fail() noexcept {
    code_ = errno;
    return false;
  }

  const int file_;
  int code_ = 0;
};

class FileSource final : public RdbSource {
 public:
  explicit FileSource(int file) noexcept : file_(file) {}
  size_t read(char* to, size_t size) override {
    while (true) {
      const ssize_t got = ::read(file_, to, size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) code_ = errno;
      return got < 0 ? 0 : static_cast<size_t>(got);
    }
  }
  int code() const noexcept { return code_; }

 private:
  const int file_;
  int code_ = 0;
};

Status load_library(Runtime& runtime, Bytes code) {
  const Bytes words[] = {"FUNCTION", "LOAD", "REPLACE", code};
  DiscardedReply reply;
  Turn turn(runtime);
  runtime.execute(turn, runtime.stateless(), words, reply);
  if (reply.errors() == 0) return Done{};
  return Error{Error::Kind::kInvalid, "a library of functions in it can not be loaded"};
}

}  // namespace

Status write_base(Runtime& runtime, const std::vector<std::string>& codes, int file,
                  const std::string& name) {
  FileSink sink(file);
  RdbFileWriter writer(sink, {runtime.settings().rdb_compression.load(), true});
  if (!write_all_keys(runtime, RdbPurpose::kAppendOnlyBase, codes, writer)) {
    return system_error(name + " can not be written", sink.code());
  }
  return Done{};
}

Status write_base(Runtime& runtime, MomentView& view, const std::vector<std::string>& codes,
                  int file, const std::string& name, const std::atomic<bool>& stopped) {
  FileSink sink(file);
  RdbFileWriter writer(sink, {runtime.settings().rdb_compression.load(), true});
  if (write_moment(runtime, RdbPurpose::kAppendOnlyBase, view, codes, writer, stopped)) {
    return Done{};
  }
  if (view.failed()) return Error{Error::Kind::kNoMemory, "there is no memory for " + name};
  return system_error(name + " can not be written", sink.code());
}

Status load_base(Runtime& runtime, int file, const std::string& name, uint64_t& size,
                 ReadProgress* progress) {
  FileSource source(file);
  const Progress nobody;
  ReadProgress untold(nobody, 0);
  ReadProgress& told = progress == nullptr ? untold : *progress;
  ToldSource told_source(source, told);
  RdbReader reader(told_source);
  const auto file_bytes = size_of_file(file, name);
  if (!file_bytes) return file_bytes.error();
  StagedKeys keys(runtime, *file_bytes, StagedKeys::Expired::kTaken);
  const auto failure = read_keys(runtime, reader, keys, rdb_limits(runtime.settings()),
                                 loading_threads(*file_bytes));
  if (told.stopped()) return cancelled();
  if (source.code() != 0) return system_error(name + " can not be read", source.code());
  if (failure) return Error{failure->error.kind, name + ": " + failure->error.message};
  {
    Turn all(runtime);
    all.hold_all();
    keys.make_room(all);
    keys.begin_with(all);
  }
  for (const std::string& code : keys.codes()) {
    if (const Status loaded = load_library(runtime, code); !loaded) {
      return Error{loaded.error().kind, name + ": " + loaded.error().message};
    }
  }
  size = reader.offset();
  return Done{};
}

}  // namespace kevy

#include "persist/aof/base_file.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "persist/aof/files.h"
#include "persist/load/read_keys.h"
#include "persist/rdb/file_writer.h"
#include "persist/rdb/limits.h"
#include "persist/snapshot/all_keys.h"
#include "persist/snapshot/key_taker.h"
#include "resp/resp_writer.h"

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

/// Puts keys into their keyspaces, some at a time, for which its turn takes the shards.
class Keyspaces final : public KeyTarget {
 public:
  Keyspaces(Runtime& runtime, uint64_t file_bytes)
      : runtime_(runtime),
        file_bytes_(file_bytes),
        session_(runtime.open_session(Session::Door::kInProcess)),
        queue_(runtime) {}
  ~Keyspaces() override {
    release();
    runtime_.close_session(*session_);
  }
  Keyspaces(const Keyspaces&) = delete;
  Keyspaces& operator=(const Keyspaces&) = delete;

  void database(uint64_t number, uint64_t keys, uint64_t) override {
    hold();
    expect_keys(runtime_, number, keys, file_bytes_);
  }

  Status key(const RdbKey& key, Value&& value) override {
    const Result<bool> wanted = wants(key);
    if (!wanted) return wanted.error();
    if (queue_.full()) {
      if (Status taken = finish(); !taken) return taken;
    }
    queue_.add(key, access(key), std::move(value));
    return Done{};
  }

  void hold() override {
    if (!std::exchange(holds_, true)) turn_.hold_all();
  }
  // The instance's clock stands still before all times while it loads.
  Result<bool> wants(const RdbKey& key) const override {
    if (key.database < runtime_.database_count()) return true;
    return Error{Error::Kind::kState, "it has keys in database " + std::to_string(key.database) +
                                          ", which this instance does not: set databases"};
  }
  uint32_t access(const RdbKey& key) const override {
    return access_of(runtime_.settings(), key, std::time(nullptr));
  }
  Keyspace& keyspace(uint32_t shard, size_t database) override {
    return runtime_.shard(shard).keyspace(database);
  }
  Status put(Keyspace& keyspace, const KeyToPut& key) override {
    if (key.may_expire()) runtime_.note_expiry();
    key.put(keyspace);
    return Done{};
  }

  Status function(Bytes code) override {
    release();
    const Bytes words[] = {"FUNCTION", "LOAD", "REPLACE", code};
    OutputQueue output;
    RespWriter writer(output);
    runtime_.execute(turn_, *session_, words, writer);
    release();
    if (writer.errors() == 0) return Done{};
    return Error{Error::Kind::kState, "a library of functions in it can not be loaded"};
  }

  Status finish() override {
    hold();
    Status taken = queue_.take_all(
        [this](Keyspace& keyspace, const KeyToPut& key) { return put(keyspace, key); });
    release();
    return taken;
  }

 private:
  void release() {
    turn_.release();
    holds_ = false;
  }

  Runtime& runtime_;
  uint64_t file_bytes_;  // of it, what no keys were expected for
  const std::shared_ptr<Session> session_;
  Turn turn_{runtime_};
  bool holds_ = false;  // all shards
  KeyQueue queue_;
};

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

Status load_base(Runtime& runtime, int file, const std::string& name, uint64_t& size) {
  FileSource source(file);
  RdbReader reader(source);
  const auto file_bytes = size_of_file(file, name);
  if (!file_bytes) return file_bytes.error();
  Keyspaces keyspaces(runtime, *file_bytes);
  const auto failure = read_keys(runtime, reader, keyspaces, rdb_limits(runtime.settings()),
                                 loading_threads(*file_bytes));
  if (source.code() != 0) return system_error(name + " can not be read", source.code());
  if (failure) return Error{failure->error.kind, name + ": " + failure->error.message};
  size = reader.offset();
  return Done{};
}

}  // namespace kevy

// Whatever the files of an append-only directory hold, they are loaded or an error is told; and
// what is said to be whole loads again, to the same data. Manifests that are understood come back
// as written.
//
// Input: which file it is (0: commands, 1: a base, otherwise a manifest), then what is in it.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "engine.h"
#include "instance/instance.h"
#include "persist/aof/base_file.h"
#include "persist/aof/command_reader.h"
#include "persist/aof/loader.h"
#include "persist/aof/manifest.h"
#include "resp/resp_writer.h"
#include "runtime/dispatch/load_time.h"

namespace {

using namespace kevy;

class MemoryFile {
 public:
  explicit MemoryFile(Bytes text) : number_(memfd_create("aof", MFD_CLOEXEC)) {
    FUZZ_CHECK(number_ >= 0);
    FUZZ_CHECK(write(number_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    FUZZ_CHECK(lseek(number_, 0, SEEK_SET) == 0);
  }
  ~MemoryFile() { close(number_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  int get() const { return number_; }

 private:
  const int number_;
};

std::unique_ptr<Instance> start() {
  InstanceOptions options;
  options.shards = 2;
  options.databases = 4;
  options.directives = {{"proto-max-bulk-len", fuzz::kBulkMaxText}};
  auto started = Instance::start(options);
  FUZZ_CHECK(started);
  freeze_before_all((*started)->runtime().clock());
  return std::move(*started);
}

std::string digest(Runtime& runtime) {
  const Bytes words[] = {"DEBUG", "DIGEST"};
  OutputQueue output;
  RespWriter writer(output);
  Turn turn(runtime);
  runtime.execute(turn, runtime.stateless(), words, writer);
  iovec piece;
  FUZZ_CHECK(output.gather(&piece, 1) == 1);
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

// Scripts may run for ever, and SPOP takes what it likes, other members each time.
bool is_left_out(Bytes text) {
  for (size_t i = 0; i + 4 <= text.size(); ++i) {
    for (const Bytes word : {"eval", "func", "spop"}) {
      if (equals_ignoring_case(text.substr(i, 4), word)) return true;
    }
  }
  return false;
}

void load_commands(Bytes text) {
  if (is_left_out(text)) return;
  const auto instance = start();
  std::string left;
  {
    const MemoryFile file(text);
    AofLoader loader(instance->runtime());
    auto loaded = loader.load(file.get(), 0, "it", true, 1);
    if (!loaded) return;
    FUZZ_CHECK(loaded->whole <= text.size());
    left = text.substr(0, loaded->whole);
    if (loaded->open_group) {  // as AppendOnlyFile does
      FUZZ_CHECK(*loaded->open_group < left.size());
      left.replace(*loaded->open_group, SumLine::kVoid.size(), SumLine::kVoid);
    }
  }
  const auto another = start();
  const MemoryFile file(left);
  AofLoader loader(another->runtime());
  auto again = loader.load(file.get(), 0, "it", false, 1);
  FUZZ_CHECK(again);
  FUZZ_CHECK(again->whole == left.size());
  FUZZ_CHECK(digest(another->runtime()) == digest(instance->runtime()));
}

void load_data(Bytes text) {
  const auto instance = start();
  const MemoryFile file(text);
  uint64_t size = 0;
  if (load_base(instance->runtime(), file.get(), "it", size)) FUZZ_CHECK(size <= text.size());
}

void read_manifest(Bytes text) {
  auto manifest = Manifest::parse(text);
  if (!manifest) return;
  const std::string written = manifest->text();
  if (written.empty()) return;  // comments alone
  auto again = Manifest::parse(written);
  FUZZ_CHECK(again);
  FUZZ_CHECK(again->text() == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kevy::fuzz::Input input(data, size);
  const uint8_t kind = input.below(3);
  const Bytes text = input.rest();
  if (kind == 0) load_commands(text);
  if (kind == 1) load_data(text);
  if (kind == 2) read_manifest(text);
  return 0;
}

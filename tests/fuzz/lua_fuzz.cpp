// Lua's source through EVAL, and the libraries: the first byte says which, the rest is the input. A
// script may take a few megabytes, and some milliseconds.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "instance/instance.h"
#include "resp/discarded_reply.h"

using namespace kevy;

namespace {

// The matcher of patterns may take for ever over a few bytes, in one instruction of the
// interpreter.
bool may_take_for_ever(std::string_view source) {
  for (const std::string_view name : {"find", "match", "gsub", "rep", "..", "concat", "format"}) {
    if (source.find(name) != std::string_view::npos) return true;
  }
  return false;
}

constexpr const char* kScripts[] = {
    nullptr,
    "return cjson.encode(cjson.decode(ARGV[2]))",
    "return {cmsgpack.unpack(ARGV[2])}",
    "return cmsgpack.pack(cmsgpack.unpack(ARGV[2]))",
    "return {cmsgpack.unpack_limit(ARGV[2], 3, 1)}",
    "return {struct.unpack(ARGV[1], ARGV[2])}",
    "return struct.pack(ARGV[1], 1, 'text', -3.5, 2^40, 'more')",
    "return struct.size(ARGV[1])",
    "return loadstring(string.dump(loadstring('return 1')) .. ARGV[1])",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const char* const script = kScripts[data[0] % std::size(kScripts)];
  if (script == nullptr && may_take_for_ever(input)) return 0;
  InstanceOptions options;
  options.shards = 2;
  options.directives = {{"lua-memory-limit", "8mb"}, {"busy-reply-threshold", "1"}};
  const auto instance = std::move(*Instance::start(options));
  Runtime& runtime = instance->runtime();
  runtime.set_serve_others([&runtime] { runtime.script_status().end_now(); });
  const auto session = runtime.open_session(Session::Door::kInProcess);
  const size_t half = input.size() / 2;
  const std::vector<Bytes> words =
      script == nullptr ? std::vector<Bytes>{"EVAL", input, "1", "key", "argument"}
                        : std::vector<Bytes>{"EVAL", script, "0", input.substr(0, half), input};
  {
    Turn turn(runtime);
    DiscardedReply reply;
    runtime.execute(turn, *session, words, reply);
  }
  runtime.close_session(*session);
  return 0;
}

// XTRIM.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/trimming.h"

namespace kevy {

namespace {

bool read_options(Call& call, TrimOptions& trimming) {
  for (Options options(call.args, 2); !options.done();) {
    if (read_references(options, trimming.references)) continue;
    const OptionRead read = read_trim_option(call, options, trimming);
    if (read == OptionRead::kWrong) return false;
    if (read == OptionRead::kNo) {
      call.error(errors::kSyntax);
      return false;
    }
  }
  if (!complete_trim_options(call, trimming)) return false;
  if (trimming.trim.by != StreamTrim::By::kNothing) return true;
  call.error("ERR syntax error, XTRIM must be called with MAXLEN or MINID");
  return false;
}

void xtrim(Call& call) {
  TrimOptions options;
  if (!read_options(call, options)) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (wrong) return;
  if (entry == nullptr) {
    call.reply.integer(0);
    return;
  }
  StreamObject& stream = stream_to_change(call.keyspace(key), key, *entry);
  StreamTrimming trimming(stream, options);
  if (trimming.count() != 0) {
    if (!trimming.erased().empty()) {
      log_erased(call, key, trimming.erased());
    } else if (call.logged()) {
      std::vector<std::string> text;
      trimming.add_words(text);
      std::vector<Bytes> words = {"XTRIM", key.bytes};
      words.insert(words.end(), text.begin(), text.end());
      call.effect(words);
    }
    if (auto removed = trimming.run()) call.keyspace(key).discard(std::move(removed));
    call.keyspace(key).account(stream);
    call.changed(key, kEventStream, "xtrim");
    call.count_as(key, trimming.count());
  }
  call.reply.integer(static_cast<int64_t>(trimming.count()));
}

constexpr CommandRow kRows[] = {
    {.name = "xtrim",
     .arity = -4,
     .flags = kWrite,
     .categories = kAclStream,
     .keys = kOneDelete,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in the entries removed, whole chunks counting as one",
     .summary = "Removes entries from the front of a stream.",
     .syntax = "key <MAXLEN|MINID> [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED]",
     .handler = xtrim},
};

}  // namespace

CommandFamily stream_trim_commands() { return kRows; }

}  // namespace kevy

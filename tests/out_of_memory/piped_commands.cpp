#include "piped_commands.h"

#include <cstring>

namespace kevy::test {

const std::string& big_value() {
  static const std::string value(80'000, 'n');
  return value;
}

namespace {

// A command that has told of no memory is not among the expected; the others have had their effect.
struct Piped {
  const char* words[3];
  size_t count;
  const char* reply;
  const char* look;  // a command that shows whether it ran
  const char* found;
  const char* not_found;
};
constexpr Piped kPiped[] = {
    {{"SET", "p1", "first"}, 3, "OK", "GET p1", "first", "nil"},
    {{"INCR", "int"}, 2, "13", "GET int", "13", "12"},
    {{"GET", "int"}, 2, nullptr, "EXISTS int", "1", "1"},
    {{"LRANGE", "list", "0"}, 3, nullptr, "LLEN list", "3", "3"},
    {{"RPUSH", "list2", "x"}, 3, "1", "LLEN list2", "1", "0"},
    {{"HGETALL", "hash"}, 2, "[f v g w]", "HLEN hash", "2", "2"},
    {{"SADD", "set", "z"}, 3, "1", "SCARD set", "3", "2"},
    {{"SET", "p2", nullptr}, 3, "OK", "STRLEN p2", "80000", "0"},
    {{"GETSET", "text", "other"}, 3, "value", "GET text", "other", "value"},
    {{"KEYS", "t*"}, 2, nullptr, "EXISTS text", "1", "1"},
};

}  // namespace

kevy_status with_piped_commands(const RunPipeline& run) {
  const char* words[3 * std::size(kPiped)];
  size_t counts[std::size(kPiped)];
  size_t i = 0, words_count = 0;
  for (const Piped& one : kPiped) {
    for (size_t word = 0; word < one.count; ++word) {
      words[words_count++] = one.words[word] == nullptr ? big_value().c_str() : one.words[word];
    }
    counts[i++] = one.count;
  }
  return run(std::size(kPiped), counts, words);
}

// Each reply says what became of its command.
void check_pipeline(World& world) {
  world.expect(kevy_reply_count(world.reply) == std::size(kPiped), "as many replies as commands");
  for (size_t i = 0; i < std::size(kPiped); ++i) {
    const Piped& one = kPiped[i];
    const kevy_reply* const reply = kevy_reply_at(world.reply, i);
    size_t size;
    const char* const text = kevy_reply_string(reply, &size);
    const bool refused = kevy_reply_get_type(reply) == KEVY_REPLY_ERROR && size > 4 &&
                         std::memcmp(text, "OOM ", 4) == 0;
    const std::string shown = world.run(one.look);
    world.expect_same(shown, refused ? one.not_found : one.found);
    if (refused || one.reply == nullptr) continue;
    if (kevy_reply_get_type(reply) == KEVY_REPLY_INTEGER) {
      world.expect_same(std::to_string(kevy_reply_integer(reply)), one.reply);
    } else if (kevy_reply_get_type(reply) != KEVY_REPLY_ARRAY) {
      world.expect_same(std::string(text, size), one.reply);
    }
  }
  world.take_reply();
}

}  // namespace kevy::test

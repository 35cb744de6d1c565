// Whatever is given as a payload, with a footer that is right, RESTORE takes it or answers an
// error; and what it took is a value like any other: every verb works on it, and its own payload
// restores the same.
//
// Input: the version, then the type and the value as RDB has it.
#include <string>
#include <vector>

#include "fuzz.h"
#include "kevy.h"
#include "persist/rdb/crc64.h"

/// How many payloads were taken.
size_t payloads_taken = 0;

namespace {

using Words = std::vector<std::string>;

class Instance {
 public:
  Instance() {
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 1;
    FUZZ_CHECK(kevy_start(&options, &db_) == KEVY_OK);
  }
  ~Instance() { kevy_stop(db_); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// The text of a reply that has one, an error's included.
  std::string run(const Words& words) {
    std::vector<const char*> argv;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      argv.push_back(word.data());
      sizes.push_back(word.size());
    }
    kevy_reply* reply = nullptr;
    FUZZ_CHECK(kevy_exec(db_, static_cast<int>(argv.size()), argv.data(), sizes.data(), &reply) ==
               KEVY_OK);
    size_t size = 0;
    const char* text = kevy_reply_string(reply, &size);
    std::string result(text, size);
    kevy_reply_free(reply);
    return result;
  }
  std::string digest(const std::string& key) {
    kevy_reply* reply = nullptr;
    const char* argv[] = {"DEBUG", "DIGEST-VALUE", key.c_str()};
    FUZZ_CHECK(kevy_exec(db_, 3, argv, nullptr, &reply) == KEVY_OK);
    size_t size = 0;
    const char* text = kevy_reply_string(kevy_reply_at(reply, 0), &size);
    std::string result(text, size);
    kevy_reply_free(reply);
    return result;
  }

 private:
  kevy_instance* db_ = nullptr;
};

std::string with_footer(std::string payload, uint16_t version) {
  payload.append(reinterpret_cast<const char*>(&version), sizeof version);
  const uint64_t checksum = kevy::crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return payload;
}

// Each goes through all of the value, or changes it where its form may be wrong.
const std::vector<Words>& verbs() {
  static const std::vector<Words> all = {{"TYPE", "k"},
                                         {"OBJECT", "ENCODING", "k"},
                                         {"MEMORY", "USAGE", "k"},
                                         {"PTTL", "k"},
                                         {"COPY", "k", "c", "REPLACE"},
                                         {"DEBUG", "OBJECT", "k"},
                                         {"GET", "k"},
                                         {"APPEND", "k", "x"},
                                         {"SETRANGE", "k", "10", "y"},
                                         {"BITCOUNT", "k"},
                                         {"PFCOUNT", "k"},
                                         {"INCR", "k"},
                                         {"LRANGE", "k", "0", "-1"},
                                         {"LPOS", "k", "a", "COUNT", "0"},
                                         {"LINSERT", "k", "BEFORE", "a", "b"},
                                         {"LSET", "k", "0", "z"},
                                         {"LREM", "k", "0", "z"},
                                         {"RPUSH", "k", "1", "two"},
                                         {"LPOP", "k", "2"},
                                         {"RPOP", "k"},
                                         {"LTRIM", "k", "1", "-2"},
                                         {"SORT", "k", "ALPHA"},
                                         {"SMEMBERS", "k"},
                                         {"SADD", "k", "1", "two", "99999999999"},
                                         {"SREM", "k", "1"},
                                         {"SPOP", "k"},
                                         {"SRANDMEMBER", "k", "-5"},
                                         {"SSCAN", "k", "0"},
                                         {"SUNION", "k", "c"},
                                         {"ZRANGE", "k", "0", "-1", "WITHSCORES"},
                                         {"ZADD", "k", "1.5", "m", "-2", "n"},
                                         {"ZRANK", "k", "m"},
                                         {"ZINCRBY", "k", "3", "m"},
                                         {"ZRANGEBYSCORE", "k", "-inf", "+inf"},
                                         {"ZREM", "k", "n"},
                                         {"ZPOPMIN", "k"},
                                         {"ZREMRANGEBYRANK", "k", "0", "1"},
                                         {"HGETALL", "k"},
                                         {"HSET", "k", "f", "v"},
                                         {"HINCRBY", "k", "n", "3"},
                                         {"HDEL", "k", "f"},
                                         {"HPEXPIRE", "k", "100000", "FIELDS", "1", "n"},
                                         {"HRANDFIELD", "k", "-3"},
                                         {"HSCAN", "k", "0"},
                                         {"XRANGE", "k", "-", "+"},
                                         {"XREVRANGE", "k", "+", "-"},
                                         {"XINFO", "STREAM", "k", "FULL"},
                                         {"XADD", "k", "*", "f", "v"},
                                         {"XGROUP", "CREATE", "k", "made", "0"},
                                         {"XREADGROUP", "GROUP", "made", "me", "STREAMS", "k", ">"},
                                         {"XREADGROUP", "GROUP", "g", "me", "STREAMS", "k", ">"},
                                         {"XAUTOCLAIM", "k", "g", "you", "0", "0"},
                                         {"XPENDING", "k", "g", "-", "+", "10"},
                                         {"XACK", "k", "g", "1-1"},
                                         {"XGROUP", "DELCONSUMER", "k", "g", "c"},
                                         {"XTRIM", "k", "MAXLEN", "2"},
                                         {"XDEL", "k", "1-1"},
                                         {"XGROUP", "DESTROY", "k", "g"},
                                         {"RENAME", "k", "r"},
                                         {"DUMP", "r"}};
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Instance db;
  kevy::fuzz::Input input(data, size);
  const uint16_t version = input.byte() % 82;
  const std::string payload = with_footer(std::string(input.rest()), version);
  db.run({"FLUSHALL"});
  if (db.run({"RESTORE", "k", "0", payload}) != "OK") {
    FUZZ_CHECK(db.run({"TYPE", "k"}) == "none");
    return 0;
  }
  ++payloads_taken;
  const std::string again = db.run({"DUMP", "k"});
  if (!again.empty()) {  // its fields may all have expired
    const std::string before = db.digest("k");
    FUZZ_CHECK(db.run({"RESTORE", "again", "0", again}) == "OK");
    FUZZ_CHECK(db.digest("again") == before);
  }
  for (const Words& words : verbs()) db.run(words);
  return 0;
}

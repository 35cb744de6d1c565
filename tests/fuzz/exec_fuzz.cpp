// The C ABI with argument arrays: whatever words are given to kevy_exec, a session, a pipeline and
// the fast lanes, each call gives a status from the list, and a reply whose accessors agree.
//
// Input: the protocol, then commands. A command is a door, a count of words, and its words; a word
// is two bytes: with the highest bit a length, which that many bytes follow, otherwise the number
// of a verb (the first word) or of any word known.
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "engine.h"
#include "kevy.h"

namespace {

using kevy::Bytes;
using kevy::fuzz::Input;

constexpr uint8_t kWordsMax = 8, kCommandsMax = 64;
constexpr uint16_t kLiteral = 0x8000, kLiteralMax = 64;
constexpr size_t kBufferSize = 64;

/// What makes commands meet: few keys, borders of numbers, and the options.
constexpr char kWords[] =
    "LEFT RIGHT BEFORE AFTER RANK MAXLEN BY LIMIT ASC DESC ALPHA STORE # a* nosort "
    "a b {a}c 0 1 -1 3 100 9223372036854775807 -9223372036854775808 1.5 inf nan * ? value EX PX "
    "EXAT PXAT NX XX GT LT GET KEEPTTL PERSIST MATCH COUNT TYPE string DB REPLACE LEN IDX "
    "MINMATCHLEN WITHMATCHLEN ON OFF SKIP YES NO SETNAME AUTH default ID ADDR BIT BYTE ASYNC SYNC "
    "FILTERBY PATTERN CHANNELS NUMSUB NUMPAT INFO DOCS GETKEYS LIST KILL GETNAME SETINFO LIB-NAME "
    "REPLY NO-TOUCH NO-EVICT ENCODING FREQ IDLETIME REFCOUNT HELP RESETSTAT SLEEP SET";

struct Vocabulary {
  std::vector<std::string> verbs;         // of the table
  std::vector<std::string> words = {""};  // those above, and the verbs

  Vocabulary() {
    std::istringstream known(kWords);
    for (std::string word; known >> word;) words.push_back(word);
    kevy_instance* db = nullptr;
    FUZZ_CHECK(kevy_start(nullptr, &db) == KEVY_OK);
    const char* argv[] = {"COMMAND", "LIST"};
    kevy_reply* names = nullptr;
    FUZZ_CHECK(kevy_exec(db, 2, argv, nullptr, &names) == KEVY_OK);
    for (size_t i = 0; i < kevy_reply_count(names); ++i) {
      size_t size = 0;
      const char* name = kevy_reply_string(kevy_reply_at(names, i), &size);
      verbs.emplace_back(name, size);
    }
    FUZZ_CHECK(verbs.size() > 60);
    words.insert(words.end(), verbs.begin(), verbs.end());
    kevy_reply_free(names);
    kevy_stop(db);
  }
};

struct Command {
  std::vector<std::string> words;

  bool left_out() const {
    const std::vector<Bytes> views(words.begin(), words.end());
    return kevy::fuzz::left_out(views);
  }
};

std::string read_word(Input& input, const std::vector<std::string>& known) {
  const auto choice = input.raw<uint16_t>();
  if ((choice & kLiteral) == 0) return known[choice % known.size()];
  return std::string(input.bytes(choice % kLiteralMax));
}

Command read_command(Input& input) {
  static const Vocabulary vocabulary;
  Command command;
  const int count = 1 + input.below(kWordsMax);
  command.words.push_back(read_word(input, vocabulary.verbs));
  while (command.words.size() < static_cast<size_t>(count)) {
    command.words.push_back(read_word(input, vocabulary.words));
  }
  return command;
}

/// Walks a whole tree; every byte of it is read, so that a sanitizer sees what is not there.
size_t read_tree(const kevy_reply* reply, int depth) {
  FUZZ_CHECK(depth < 16);
  const kevy_reply_type type = kevy_reply_get_type(reply);
  FUZZ_CHECK(type >= KEVY_REPLY_NULL && type <= KEVY_REPLY_VERBATIM);
  size_t size = 0;
  const char* bytes = kevy_reply_string(reply, &size);
  FUZZ_CHECK(bytes != nullptr);
  size_t sum = std::strlen(kevy_reply_format(reply));
  for (size_t i = 0; i < size; ++i) sum += static_cast<unsigned char>(bytes[i]);
  const size_t count = kevy_reply_count(reply);
  if (type == KEVY_REPLY_MAP) FUZZ_CHECK(count % 2 == 0);
  for (size_t i = 0; i < count; ++i) {
    const kevy_reply* element = kevy_reply_at(reply, i);
    FUZZ_CHECK(element != nullptr);
    sum += read_tree(element, depth + 1);
  }
  FUZZ_CHECK(kevy_reply_at(reply, count) == nullptr);
  return sum;
}

void read_and_free(kevy_status status, kevy_reply* reply) {
  FUZZ_CHECK(status == KEVY_OK || status == KEVY_CLOSED);
  if (status != KEVY_OK) FUZZ_CHECK(reply == nullptr && kevy_last_error()[0] != '\0');
  read_tree(reply, 0);
  kevy_reply_free(reply);
}

/// An instance with one session, and the commands that wait to go as a pipeline.
class Doors {
 public:
  explicit Doors(uint32_t protocol) {
    static const char* const directives[] = {"proto-max-bulk-len", kevy::fuzz::kBulkMaxText};
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 3;
    options.databases = 4;
    options.protocol = protocol;
    options.directives = directives;
    options.directive_count = 1;
    FUZZ_CHECK(kevy_start(&options, &db_) == KEVY_OK);
    FUZZ_CHECK(kevy_clock_freeze(db_, kevy::fuzz::kFrozenMs) == KEVY_OK);
    FUZZ_CHECK(kevy_session_open(db_, nullptr, &session_) == KEVY_OK);
  }
  ~Doors() {
    pipeline();
    kevy_reply* push = nullptr;
    while (kevy_session_next(session_, 0, &push) == KEVY_OK) read_and_free(KEVY_OK, push);
    kevy_session_close(session_);
    kevy_stop(db_);
  }
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  void exec(const Command& command) {
    const Words words(command);
    kevy_reply* reply = nullptr;
    const kevy_status status =
        kevy_exec(db_, words.argv.size(), words.argv.data(), words.sizes.data(), &reply);
    read_and_free(status, reply);
  }
  void session_exec(const Command& command) {
    const Words words(command);
    kevy_reply* reply = nullptr;
    const kevy_status status = kevy_session_exec(session_, words.argv.size(), words.argv.data(),
                                                 words.sizes.data(), &reply);
    read_and_free(status, reply);
  }
  void get_and_set(const Command& command) {
    const std::string& key = command.words.front();
    const std::string& value = command.words.back();
    const kevy_status set = kevy_set(db_, key.data(), key.size(), value.data(), value.size(), 0,
                                     static_cast<int64_t>(command.words.size()) - 1);
    FUZZ_CHECK(set == KEVY_OK);
    char buffer[kBufferSize];
    size_t size = 0;
    FUZZ_CHECK(kevy_get(db_, key.data(), key.size(), buffer, sizeof buffer, &size) == KEVY_OK);
    FUZZ_CHECK(Bytes(buffer, size) == value);
  }
  void queue(Command command) { queued_.push_back(std::move(command)); }
  void pipeline() {
    std::vector<size_t> counts, sizes;
    std::vector<const char*> argv;
    for (const Command& command : queued_) {
      counts.push_back(command.words.size());
      for (const std::string& word : command.words) {
        argv.push_back(word.data());
        sizes.push_back(word.size());
      }
    }
    kevy_reply* replies = nullptr;
    const kevy_status status =
        kevy_pipeline(db_, counts.size(), counts.data(), argv.data(), sizes.data(), 0, &replies);
    if (status == KEVY_OK) FUZZ_CHECK(kevy_reply_count(replies) == queued_.size());
    read_and_free(status, replies);
    queued_.clear();
  }

 private:
  struct Words {
    explicit Words(const Command& command) {
      for (const std::string& word : command.words) {
        argv.push_back(word.data());
        sizes.push_back(word.size());
      }
    }
    std::vector<const char*> argv;
    std::vector<size_t> sizes;
  };

  kevy_instance* db_ = nullptr;
  kevy_session* session_ = nullptr;
  std::vector<Command> queued_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  Doors doors(2 + input.below(2));
  for (int i = 0; i < kCommandsMax && !input.empty(); ++i) {
    const uint8_t door = input.below(4);
    Command command = read_command(input);
    if (command.left_out()) return 0;
    switch (door) {
      case 0:
        doors.exec(command);
        break;
      case 1:
        doors.session_exec(command);
        break;
      case 2:
        doors.queue(std::move(command));
        break;
      default:
        doors.get_and_set(command);
    }
  }
  return 0;
}

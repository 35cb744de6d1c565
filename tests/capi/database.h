// An instance without threads, which is stopped at the end of the test, and commands on it.
#pragma once

#include <kevy.h>

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>
#include <vector>

using Words = std::vector<const char*>;

/// A reply as text: arrays in brackets, "nil", errors with their code.
inline std::string text_of(const kevy_reply* reply) {
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_NULL:
      return "nil";
    case KEVY_REPLY_INTEGER:
      return std::to_string(kevy_reply_integer(reply));
    case KEVY_REPLY_ARRAY:
    case KEVY_REPLY_PUSH: {
      std::string text = "[";
      for (size_t i = 0; i < kevy_reply_count(reply); ++i) {
        text += (i == 0 ? "" : " ") + text_of(kevy_reply_at(reply, i));
      }
      return text + "]";
    }
    default: {
      size_t size;
      const char* const bytes = kevy_reply_string(reply, &size);
      CHECK(bytes[size] == '\0');
      return {bytes, size};
    }
  }
}

/// The text of a reply, which is freed.
inline std::string take_text(kevy_reply* reply) {
  std::string text = text_of(reply);
  kevy_reply_free(reply);
  return text;
}

struct Store {
  explicit Store(std::initializer_list<const char*> directives = {}) {
    const std::vector<const char*> words(directives);
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 3;
    options.directives = words.data();
    options.directive_count = words.size() / 2;
    REQUIRE(kevy_start(&options, &db) == KEVY_OK);
  }
  ~Store() { kevy_stop(db); }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::string run(const Words& words) const {
    kevy_reply* reply = nullptr;
    REQUIRE(kevy_exec(db, words.size(), words.data(), nullptr, &reply) == KEVY_OK);
    return take_text(reply);
  }

  kevy_instance* db = nullptr;
};

/// The commands of a pipeline, in the form that the C ABI takes.
struct Pipeline {
  Pipeline(std::initializer_list<Words> commands) {
    for (const Words& command : commands) {
      argc.push_back(command.size());
      argv.insert(argv.end(), command.begin(), command.end());
    }
  }
  std::vector<size_t> argc;
  std::vector<const char*> argv;
};

#include "instance/output_limits.h"

#include "base/memory_size.h"
#include "base/number.h"

namespace kevy {

namespace {

struct Change {
  OutputClass kind;
  int64_t hard, soft, soft_s;
};

std::optional<OutputClass> class_named(Bytes name) {
  if (equals_ignoring_case(name, "normal")) return OutputClass::kNormal;
  if (equals_ignoring_case(name, "slave") || equals_ignoring_case(name, "replica")) {
    return OutputClass::kReplica;
  }
  if (equals_ignoring_case(name, "pubsub")) return OutputClass::kPubSub;
  return std::nullopt;
}

// Words between single spaces; two spaces have an empty word between them.
std::vector<Bytes> words_of(Bytes text) {
  std::vector<Bytes> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string text_of(Settings& settings) {
  std::string text;
  const auto add = [&](const char* name, OutputClass kind) {
    const OutputLimit& limit = settings.output_limit(kind);
    if (!text.empty()) text += ' ';
    text += name;
    for (const uint64_t number : {limit.hard.load(), limit.soft.load(),
                                  static_cast<uint64_t>(limit.soft_s.load())}) {
      text += ' ' + std::to_string(number);
    }
  };
  add("normal", OutputClass::kNormal);
  add("slave", OutputClass::kReplica);
  add("pubsub", OutputClass::kPubSub);
  return text;
}

std::optional<std::string> change(Settings& settings, Bytes text) {
  const std::vector<Bytes> words = words_of(text);
  if (words.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
  std::vector<Change> changes;
  for (size_t i = 0; i < words.size(); i += 4) {
    const auto kind = class_named(words[i]);
    if (!kind) return "Invalid client class specified in buffer limit configuration.";
    const auto hard = parse_memory_size(words[i + 1]);
    const auto soft = parse_memory_size(words[i + 2]);
    const auto soft_s = parse_int64(words[i + 3]);
    if (!hard || !soft || !soft_s || *soft_s < 0) {
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    }
    changes.push_back({*kind, *hard, *soft, *soft_s});
  }
  for (const Change& wanted : changes) {
    OutputLimit& limit = settings.output_limit(wanted.kind);
    limit.hard.store(static_cast<uint64_t>(wanted.hard));
    limit.soft.store(static_cast<uint64_t>(wanted.soft));
    limit.soft_s.store(wanted.soft_s);
  }
  return std::nullopt;
}

}  // namespace

Configuration::Directive output_limits_directive(Settings& settings) {
  return {[&settings] { return text_of(settings); },
          [&settings](Bytes text) { return change(settings, text); }};
}

}  // namespace kevy

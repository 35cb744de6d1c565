// A client of an engine in this process, for tests: commands as lines, replies as RESP text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "instance/instance.h"
#include "runtime/session/protocol_session.h"

namespace kevy::test {

inline std::unique_ptr<Instance> start(uint32_t shards) {
  InstanceOptions options;
  options.shards = shards;
  return std::move(*Instance::start(options));
}

/// A string as RESP has it.
inline std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

/// A command as client libraries send it.
inline std::string request(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) text += bulk(word);
  return text;
}

class Client {
 public:
  explicit Client(Instance& instance, Session::Door door = Session::Door::kInProcess)
      : session_(instance.runtime(), door) {}

  /// Sends lines (one command each, ended by \n but for the last) and takes what the session says.
  std::string operator()(Bytes lines) {
    session_.input().append(lines);
    session_.input().append("\r\n");
    return take();
  }
  /// What the session has to say without being asked.
  std::string take() {
    OutputQueue& output = session_.output();
    std::string text;
    iovec piece;
    do {
      while (session_.run(kBudget)) {
      }
      while (output.gather(&piece, 1) == 1) {
        text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        output.consume(piece.iov_len);
      }
    } while (session_.session().outbox.ready() && !session_.closing());
    return text;
  }
  Session& session() { return session_.session(); }

 private:
  static constexpr ProtocolSession::Budget kBudget{64, 1 << 20, 1 << 20};
  ProtocolSession session_;
};

}  // namespace kevy::test

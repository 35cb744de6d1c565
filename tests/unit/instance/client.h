// A client of an engine in this process, for tests: commands as lines, replies as RESP text.
#pragma once

#include <memory>
#include <string>

#include "instance/instance.h"
#include "runtime/protocol_session.h"

namespace kevy::test {

inline std::unique_ptr<Instance> start(uint32_t shards) {
  InstanceOptions options;
  options.shards = shards;
  return std::move(*Instance::start(options));
}

class Client {
 public:
  explicit Client(Instance& instance) : session_(instance.runtime(), Session::Door::kInProcess) {}

  /// Sends lines (one command each, ended by \n but for the last) and takes what the session says.
  std::string operator()(Bytes lines) {
    session_.input().append(lines);
    session_.input().append("\r\n");
    return take();
  }
  /// What the session has to say without being asked.
  std::string take() {
    while (session_.run(kBudget)) {
    }
    OutputQueue& output = session_.output();
    std::string text;
    iovec piece;
    while (output.gather(&piece, 1) == 1) {
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
      output.consume(piece.iov_len);
    }
    return text;
  }
  Session& session() { return session_.session(); }

 private:
  static constexpr ProtocolSession::Budget kBudget{64, 1 << 20};
  ProtocolSession session_;
};

}  // namespace kevy::test

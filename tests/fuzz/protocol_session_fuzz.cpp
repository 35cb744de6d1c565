// G6 B10 B12: whatever two clients of one instance send, in whatever pieces, what each of them is
// answered is a sequence of whole replies.
//
// Input: bytes for the first client; a byte 0xFF turns to the other one, and ends a piece.
#include <string>

#include "engine.h"
#include "instance/instance.h"
#include "resp_stream.h"
#include "runtime/session/protocol_session.h"

namespace {

using kevy::Bytes;

constexpr char kTurn = '\xff';
constexpr kevy::ProtocolSession::Budget kBudget{64, 1 << 20, 1 << 20};

std::unique_ptr<kevy::Instance> start() {
  kevy::InstanceOptions options;
  options.shards = 3;
  options.databases = 4;
  options.directives = {{"proto-max-bulk-len", kevy::fuzz::kBulkMaxText}};
  auto instance = kevy::Instance::start(options);
  (*instance)->runtime().clock().freeze(kevy::fuzz::kFrozenMs * 1000);
  return std::move(*instance);
}

class Client {
 public:
  explicit Client(kevy::Runtime& runtime) : session_(runtime, kevy::Session::Door::kInProcess) {}

  /// False: the input asks for a command that is left out.
  bool feed(Bytes piece) {
    if (!allowed(piece)) return false;
    session_.input().append(piece);
    while (session_.run(kBudget)) {
    }
    return true;
  }

  void check_output() {
    session_.run(kBudget);
    kevy::OutputQueue& output = session_.output();
    std::string text;
    iovec pieces[4];
    while (const size_t count = output.gather(pieces, 4)) {
      size_t gathered = 0;
      for (size_t i = 0; i < count; ++i) {
        text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
        gathered += pieces[i].iov_len;
      }
      output.consume(gathered);
    }
    FUZZ_CHECK(output.empty());
    kevy::fuzz::RespStream replies(text);
    while (!replies.empty()) FUZZ_CHECK(replies.skip_reply());
  }

 private:
  // Parses ahead of the session, up to a protocol error, behind which the session runs nothing.
  bool allowed(Bytes piece) {
    using Outcome = kevy::RequestParser::Outcome;
    ahead_.append(piece);
    while (!stream_lost_) {
      const Outcome outcome = parser_.next(ahead_, {});
      if (outcome == Outcome::kNeedMore) break;
      stream_lost_ = outcome == Outcome::kProtocolError;
      if (!stream_lost_ && kevy::fuzz::left_out(parser_.args())) return false;
    }
    return true;
  }

  kevy::ProtocolSession session_;
  kevy::InputBuffer ahead_;
  kevy::RequestParser parser_;
  bool stream_lost_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto instance = start();
  Client clients[2] = {Client(instance->runtime()), Client(instance->runtime())};
  Bytes left(reinterpret_cast<const char*>(data), size);
  for (size_t turn = 0; !left.empty(); ++turn) {
    const Bytes piece = left.substr(0, left.find(kTurn));
    left.remove_prefix(std::min(piece.size() + 1, left.size()));
    if (!clients[turn % 2].feed(piece)) return 0;
    for (Client& client : clients) client.check_output();
  }
  return 0;
}

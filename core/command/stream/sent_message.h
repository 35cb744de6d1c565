// What XADD is told of the message that it adds, by a producer that may send it again: IDMP and
// IDMPAUTO.
#pragma once

#include <string>

#include "command/stream/trimming.h"

namespace kevy {

struct SentMessage {
  bool given = false;
  bool by_content = false;  // IDMPAUTO: named after its fields
  Bytes producer, name;
};

/// IDMP or IDMPAUTO with their words, if they are next; kWrong: the error is answered.
OptionRead read_sent_message(Call& call, Options& options, SentMessage& message);
/// The message of an XADD that is under way, which names one or not.
class MessageUnderWay {
 public:
  /// All must outlive it.
  MessageUnderWay(Call& call, StreamObject& stream, const SentMessage& message, Args fields);

  /// The entry that it was added as before, if that is remembered; counts that it came again.
  std::optional<StreamId> find_added() noexcept;
  /// Remembers it as this entry, and logs that. Throws std::bad_alloc, and it is not remembered.
  void remember(StreamId entry);
  void take_back() noexcept;
  /// Forgets what is too old or too much now.
  void trim() noexcept;

 private:
  Call& call_;
  StreamObject& stream_;
  const SentMessage& message_;
  std::string name_of_content_;
  Bytes name_;
  bool remembered_ = false;
};

}  // namespace kevy

// What a stream knows of its producers' messages, as values of a field of the file:
//
//   seconds | messages of a producer | how many were added | how many came again
//   each message:  producer | name | milliseconds and number of its entry
//
// in the order in which they were added. There are several where it is much, each with these
// numbers.
#include <optional>

#include "persist/rdb/encode/encode.h"

namespace kevy {

namespace {

// More than that begins another value.
constexpr size_t kValueMost = size_t{32} << 10;

class MessageWriter {
 public:
  MessageWriter(const StreamProducers& producers, const std::function<void(Bytes)>& write)
      : producers_(producers), write_(write) {
    begin();
  }

  void message(Bytes producer, Bytes name, StreamId entry) {
    if (writer_->size() > kValueMost) {
      finish();
      begin();
    }
    writer_->string(producer);
    writer_->string(name);
    writer_->length(entry.ms);
    writer_->length(entry.seq);
  }
  void finish() {
    writer_->flush();
    write_(value_);
  }

 private:
  void begin() {
    value_.clear();
    sink_.emplace(value_);
    writer_.emplace(*sink_, false);
    writer_->length(static_cast<uint64_t>(producers_.limits().seconds));
    writer_->length(static_cast<uint64_t>(producers_.limits().messages));
    writer_->length(producers_.added());
    writer_->length(producers_.duplicates());
  }

  const StreamProducers& producers_;
  const std::function<void(Bytes)>& write_;
  std::string value_;
  std::optional<RdbMemorySink> sink_;
  std::optional<RdbWriter> writer_;
};

}  // namespace

void encode_messages(const StreamProducers& producers, const std::function<void(Bytes)>& write) {
  MessageWriter writer(producers, write);
  producers.for_each([&](Bytes producer, Bytes message, StreamId entry) {
    writer.message(producer, message, entry);
  });
  writer.finish();
}

}  // namespace kevy

// DiscardedReply: drops what is written to it, for commands whose reply nobody wants. Counts errors
// as any Reply does.
#pragma once

#include "resp/reply.h"

namespace kevy {

class DiscardedReply final : public Reply {
 public:
  explicit DiscardedReply(int protocol = 2) noexcept { protocol_ = protocol; }

  void integer(int64_t) override {}
  void bulk(Bytes) override {}
  void bulk(const SharedBytes&) override {}
  void status(Bytes) override {}
  void ok() override {}
  void null() override {}
  void null_array() override {}
  void array(size_t) override {}
  void map(size_t) override {}
  void set(size_t) override {}
  void push(size_t) override {}
  void real(double) override {}
  void boolean(bool) override {}
  void verbatim(Bytes, Bytes) override {}
  std::unique_ptr<Reply> aside() const override { return nullptr; }
  void take_over(Reply&) noexcept override {}

 protected:
  void write_error(Bytes) override {}
  Place place() const noexcept override { return {}; }
  void go_back(const Place&) noexcept override {}
};

}  // namespace kevy

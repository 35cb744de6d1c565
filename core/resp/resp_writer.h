// RespWriter: encodes replies as RESP2 or RESP3 into an output queue, byte for byte as Redis does.
// The queue is its maker's and must outlive it; it keeps nothing of its own. One thread at a time.
#pragma once

#include "resp/output.h"
#include "resp/reply.h"

namespace kevy {

class RespWriter : public Reply {
 public:
  explicit RespWriter(OutputQueue& output) noexcept : output_(&output) {}

  void integer(int64_t value) override { header(':', value); }
  void bulk(Bytes bytes) override;
  void bulk(const SharedBytes& block) override { bulk_part(block, block.bytes()); }
  void bulk_part(const SharedBytes& block, Bytes part) override;
  void status(Bytes text) override;
  void ok() override { output_->append("+OK\r\n"); }
  void null() override { output_->append(protocol_ == 2 ? "$-1\r\n" : "_\r\n"); }
  void null_array() override { output_->append(protocol_ == 2 ? "*-1\r\n" : "_\r\n"); }
  void array(size_t size) override { header('*', static_cast<int64_t>(size)); }
  void map(size_t pairs) override {
    header(protocol_ == 2 ? '*' : '%', static_cast<int64_t>(protocol_ == 2 ? pairs * 2 : pairs));
  }
  void set(size_t size) override {
    header(protocol_ == 2 ? '*' : '~', static_cast<int64_t>(size));
  }
  void push(size_t size) override {
    header(protocol_ == 2 ? '*' : '>', static_cast<int64_t>(size));
  }
  void real(double value) override;
  void real_text(double value, Bytes text) override;
  void boolean(bool value) override;
  void verbatim(Bytes format, Bytes text) override;
  void big_number(Bytes digits) override;
  bool attribute(size_t pairs) override { return header_beside('|', pairs); }
  bool push_beside(size_t size) override { return header_beside('>', size); }
  std::unique_ptr<Reply> aside() const override;
  void take_over(Reply& aside) noexcept override;

 protected:
  void write_error(Bytes text) override;
  size_t written() const noexcept override { return output_->size(); }
  Place place() const noexcept override { return {output_->size(), {}}; }
  void go_back(const Place& place) noexcept override { output_->truncate(place.size); }

 private:
  void header(char kind, int64_t value);
  bool header_beside(char kind, size_t size) {
    if (protocol_ != 3) return false;
    header(kind, static_cast<int64_t>(size));
    return true;
  }

  OutputQueue* output_;
};

}  // namespace kevy

// LoadReplies: what loaded commands answer, of which the errors count. One thread.
#pragma once

#include <string>

#include "resp/resp_writer.h"

namespace kevy {

class LoadReplies {
 public:
  RespWriter& writer() noexcept { return writer_; }
  /// The first error since the last call, or nothing.
  std::string take_error();

 private:
  OutputQueue output_;
  RespWriter writer_{output_};
  size_t errors_ = 0;
};

inline std::string LoadReplies::take_error() {
  std::string text;
  if (writer_.errors() != errors_) [[unlikely]] {
    errors_ = writer_.errors();
    iovec piece;
    for (; output_.gather(&piece, 1) == 1; output_.consume(piece.iov_len)) {
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    const size_t begin = text.starts_with('-') ? 0 : text.find("\n-") + 1;
    text = text.substr(begin + 1, text.find('\r', begin) - begin - 1);
  }
  output_.consume(output_.size());  // which keeps a chunk
  return text;
}

}  // namespace kevy

#include "resp/resp_writer.h"

#include <string>

#include "base/number.h"

namespace kevy {

namespace {

/// A writer with a queue of its own.
class AsideWriter final : public RespWriter {
 public:
  AsideWriter() noexcept : RespWriter(queue) {}
  OutputQueue queue;
};

}  // namespace

std::unique_ptr<Reply> RespWriter::aside() const {
  auto made = std::make_unique<AsideWriter>();
  made->set_protocol(protocol_);
  return made;
}

void RespWriter::take_over(Reply& aside) noexcept {
  output_->append_all(static_cast<AsideWriter&>(aside).queue);
}

void RespWriter::header(char kind, int64_t value) {
  char* out = output_->reserve(kIntegerTextMax + 3);
  out[0] = kind;
  size_t size;
  if (value >= 0 && value < 10) {
    out[1] = static_cast<char>('0' + value);
    size = 2;
  } else {
    size = 1 + format_int64(value, out + 1).size();
  }
  out[size] = '\r';
  out[size + 1] = '\n';
  output_->advance(size + 2);
}

void RespWriter::bulk(Bytes bytes) {
  constexpr size_t kShortMax = 48;  // a value of so few bytes is written in one go
  const size_t size = bytes.size();
  if (size <= kShortMax) {
    char* const begin = output_->reserve(kShortMax + 7);
    char* out = begin;
    *out++ = '$';
    if (size >= 10) *out++ = static_cast<char>('0' + size / 10);
    *out++ = static_cast<char>('0' + size % 10);
    *out++ = '\r';
    *out++ = '\n';
    copy_bytes(out, bytes);
    out += size;
    *out++ = '\r';
    *out++ = '\n';
    output_->advance(static_cast<size_t>(out - begin));
    return;
  }
  header('$', static_cast<int64_t>(bytes.size()));
  output_->append(bytes);
  output_->append("\r\n");
}

void RespWriter::bulk_part(const SharedBytes& block, Bytes part) {
  header('$', static_cast<int64_t>(part.size()));
  output_->append(block, part);
  output_->append("\r\n");
}

void RespWriter::status(Bytes text) {
  output_->append("+");
  output_->append(text);
  output_->append("\r\n");
}

void RespWriter::write_error(Bytes text) {
  std::string line = "-" + std::string(text);
  for (char& c : line) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  line += "\r\n";
  output_->append(line);
}

void RespWriter::real(double value) { real_text(value, format_double(value)); }

void RespWriter::real_text(double, Bytes text) {
  if (protocol_ == 2) {
    bulk(text);
    return;
  }
  output_->append(",");
  output_->append(text);
  output_->append("\r\n");
}

void RespWriter::big_number(Bytes digits) {
  if (protocol_ == 2) {
    bulk(digits);
    return;
  }
  output_->append("(");
  output_->append(digits);
  output_->append("\r\n");
}

void RespWriter::boolean(bool value) {
  if (protocol_ == 2) {
    integer(value ? 1 : 0);
  } else {
    output_->append(value ? "#t\r\n" : "#f\r\n");
  }
}

void RespWriter::verbatim(Bytes format, Bytes text) {
  if (protocol_ == 2) {
    bulk(text);
    return;
  }
  header('=', static_cast<int64_t>(format.size() + 1 + text.size()));
  output_->append(format);
  output_->append(":");
  output_->append(text);
  output_->append("\r\n");
}

}  // namespace kevy

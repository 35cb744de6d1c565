#include "resp/resp_writer.h"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>

using namespace kevy;

namespace {

using Write = std::function<void(Reply&)>;

std::string encoded(int protocol, const Write& write) {
  OutputQueue queue;
  RespWriter writer(queue);
  writer.set_protocol(protocol);
  write(writer);
  std::string text;
  iovec pieces[16];
  const size_t count = queue.gather(pieces, 16);
  for (size_t i = 0; i < count; ++i) {
    text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return text;
}

struct Shape {
  const char* what;
  Write write;
  const char* resp2;
  const char* resp3;
};

}  // namespace

TEST_CASE("every kind of reply is written as RESP2 and RESP3 say") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Shape shapes[] = {
      {"integer", [](Reply& r) { r.integer(7); }, ":7\r\n", ":7\r\n"},
      {"two digits", [](Reply& r) { r.integer(10); }, ":10\r\n", ":10\r\n"},
      {"negative", [](Reply& r) { r.integer(-1); }, ":-1\r\n", ":-1\r\n"},
      {"smallest", [](Reply& r) { r.integer(INT64_MIN); }, ":-9223372036854775808\r\n",
       ":-9223372036854775808\r\n"},
      {"bulk", [](Reply& r) { r.bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
      {"empty bulk", [](Reply& r) { r.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {"status", [](Reply& r) { r.ok(); }, "+OK\r\n", "+OK\r\n"},
      {"error", [](Reply& r) { r.error("ERR a\r\nb"); }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
      {"null", [](Reply& r) { r.null(); }, "$-1\r\n", "_\r\n"},
      {"null array", [](Reply& r) { r.null_array(); }, "*-1\r\n", "_\r\n"},
      {"array", [](Reply& r) { r.array(12); }, "*12\r\n", "*12\r\n"},
      {"map", [](Reply& r) { r.map(3); }, "*6\r\n", "%3\r\n"},
      {"set", [](Reply& r) { r.set(3); }, "*3\r\n", "~3\r\n"},
      {"push", [](Reply& r) { r.push(3); }, "*3\r\n", ">3\r\n"},
      {"real", [](Reply& r) { r.real(1.5); }, "$3\r\n1.5\r\n", ",1.5\r\n"},
      {"infinity", [](Reply& r) { r.real(-kInfinity); }, "$4\r\n-inf\r\n", ",-inf\r\n"},
      {"true", [](Reply& r) { r.boolean(true); }, ":1\r\n", "#t\r\n"},
      {"false", [](Reply& r) { r.boolean(false); }, ":0\r\n", "#f\r\n"},
      {"verbatim", [](Reply& r) { r.verbatim("txt", "hi"); }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
  };
  for (const Shape& shape : shapes) {
    CAPTURE(shape.what);
    CHECK(encoded(2, shape.write) == shape.resp2);
    CHECK(encoded(3, shape.write) == shape.resp3);
  }
}

TEST_CASE("a block is written with its length, shared or copied") {
  for (const size_t size : {size_t{0}, size_t{5}, OutputQueue::kSharedMin}) {
    const std::string value(size, 'v');
    const SharedBytes block = SharedBytes::copy_of(value);
    CHECK(encoded(2, [&](Reply& r) { r.bulk(block); }) ==
          "$" + std::to_string(size) + "\r\n" + value + "\r\n");
  }
}

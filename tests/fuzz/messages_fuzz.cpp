// Whatever is given as what a file says of the messages of a stream's producers is taken or
// refused; and what was taken is written as it can be read again.
//
// Input: a value of the field, kRdbMessagesField.
#include <string>
#include <vector>

#include "fuzz.h"
#include "persist/rdb/decode/decode.h"
#include "persist/rdb/encode/encode.h"

using namespace kevy;

namespace {

std::vector<std::string> fields_of(const StreamProducers& producers) {
  std::vector<std::string> fields;
  encode_messages(producers, [&](Bytes value) { fields.emplace_back(value); });
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  StreamObject stream;
  if (!decode_messages({reinterpret_cast<const char*>(data), size}, stream)) return 0;
  const std::vector<std::string> fields = fields_of(*stream.producers());
  StreamObject again;
  for (const std::string& field : fields) FUZZ_CHECK(decode_messages(field, again));
  FUZZ_CHECK(fields_of(*again.producers()) == fields);
  return 0;
}

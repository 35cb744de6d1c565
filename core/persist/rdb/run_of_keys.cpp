#include "persist/rdb/run_of_keys.h"

#include <cstdint>

#include "persist/rdb/forms.h"

namespace kevy {

namespace {

// Goes over elements; what does not lie there whole, or has no form, ends it.
class Skipper {
 public:
  explicit Skipper(Bytes bytes) noexcept : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool good() const noexcept { return good_; }
  bool is_cut_off() const noexcept { return cut_off_; }
  size_t left() const noexcept { return static_cast<size_t>(end_ - at_); }
  uint8_t byte() noexcept {
    if (at_ != end_) return static_cast<uint8_t>(*at_++);
    cut_off();
    return 0;
  }
  void bytes(uint64_t count) noexcept {
    if (count <= left()) {
      at_ += count;
    } else {
      cut_off();
    }
  }
  uint64_t length() noexcept {
    uint64_t length = 0;
    if (!RdbForms::length(*this, byte(), length)) good_ = false;
    return good_ ? length : 0;
  }
  void string() noexcept { RdbForms::string(*this); }
  void strings(uint64_t count) noexcept {
    for (; good_ && count != 0; --count) string();
  }
  void value(uint8_t type, unsigned version) noexcept;

 private:
  // What RdbForms asks for.
  friend RdbForms;
  uint64_t number(unsigned size) noexcept {
    uint64_t number = 0;
    for (; size != 0; --size) number = number << 8 | byte();
    return number;
  }
  void plain_string(uint64_t length) noexcept { bytes(length); }
  template <typename Number>
  void integer_string() noexcept {
    bytes(sizeof(Number));
  }
  void compressed_string() noexcept {
    const uint64_t size = length();
    length();
    bytes(size);
  }
  void no_string() noexcept { good_ = false; }

  void score_text() noexcept;
  void nodes() noexcept;
  void cut_off() noexcept {
    good_ = false;
    cut_off_ = true;
  }

  const char* at_;
  const char* const end_;
  bool good_ = true;
  bool cut_off_ = false;
};

void Skipper::score_text() noexcept {
  constexpr uint8_t kFirstWithoutText = 253;
  const uint8_t size = byte();
  if (size < kFirstWithoutText) bytes(size);
}

void Skipper::nodes() noexcept {
  for (uint64_t left = length(); good_ && left != 0; --left) {
    length();
    string();
  }
}

void Skipper::value(uint8_t type, unsigned version) noexcept {
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
    case RdbType::kListZiplist:
    case RdbType::kSetListpack:
    case RdbType::kSetIntset:
    case RdbType::kZsetZiplist:
    case RdbType::kZsetListpack:
    case RdbType::kHashZipmap:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
      return string();
    case RdbType::kList:
    case RdbType::kListQuicklist:
    case RdbType::kSet:
      return strings(length());
    case RdbType::kListQuicklist2:
      return nodes();
    case RdbType::kZsetText:
      for (uint64_t left = length(); good_ && left != 0; --left) {
        string();
        score_text();
      }
      return;
    case RdbType::kZset:
      for (uint64_t left = length(); good_ && left != 0; --left) {
        string();
        bytes(sizeof(double));
      }
      return;
    case RdbType::kHash:
      for (uint64_t left = length(); good_ && left != 0; --left) strings(2);
      return;
    case RdbType::kHashTimed:
      if (version <= kRdbRedisVersionMax) break;
      for (uint64_t left = length(); good_ && left != 0; --left) {
        strings(2);
        bytes(sizeof(uint64_t));
      }
      return;
    case RdbType::kHashMetadata:
      bytes(sizeof(uint64_t));
      for (uint64_t left = length(); good_ && left != 0; --left) {
        length();
        strings(2);
      }
      return;
    case RdbType::kHashListpackTimed:
      bytes(sizeof(uint64_t));
      return string();
    default:
      break;
  }
  good_ = false;
}

}  // namespace

RunOfKeys run_of_keys(Bytes bytes, unsigned version) noexcept {
  Skipper skipper(bytes);
  size_t whole = 0;
  while (skipper.left() != 0) {
    const uint8_t code = skipper.byte();
    switch (static_cast<RdbOpcode>(code)) {
      case RdbOpcode::kExpiryMs:
        skipper.bytes(sizeof(uint64_t));
        break;
      case RdbOpcode::kExpiryS:
        skipper.bytes(sizeof(uint32_t));
        break;
      case RdbOpcode::kIdle:
        skipper.length();
        break;
      case RdbOpcode::kFrequency:
        skipper.byte();
        break;
      default:
        skipper.string();
        if (skipper.good()) skipper.value(code, version);
        if (skipper.good()) whole = bytes.size() - skipper.left();
        break;
    }
    if (!skipper.good()) break;
  }
  return {whole, skipper.is_cut_off() || skipper.left() == 0};
}

}  // namespace kevy

#include "resp/request_parser.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/number.h"

namespace kevy {

namespace {

constexpr size_t kInlineMax = 64 * 1024;
constexpr size_t kAheadMax = 16;        // commands
constexpr size_t kAheadWordsMax = 256;  // no further command is read ahead from there
constexpr int64_t kWordsMax = INT32_MAX;
constexpr int64_t kWordsMaxUnauthenticated = 10;
constexpr int64_t kBulkMaxUnauthenticated = 16384;

// Reads a header of a few digits, as nearly all are, and moves `at` behind its CR LF. Below zero,
// and `at` is where it was, when it is not such a one or has not come whole.
[[gnu::always_inline]] inline int64_t read_plain_header(char kind, const char*& at,
                                                        const char* end) {
  constexpr ptrdiff_t kShortest = 4, kLongest = 8;  // of a header, CR LF included
  if (end - at < kShortest || at[0] != kind) return -1;
  const char* next = at + 1;
  int64_t number = static_cast<unsigned char>(*next++) - '0';
  if (number < 0 || number > 9) return -1;
  const char* const last = std::min(end, at + kLongest) - 2;  // where the CR is at the latest
  for (; *next != '\r'; ++next) {
    const int digit = static_cast<unsigned char>(*next) - '0';
    if (number == 0 || digit < 0 || digit > 9 || next == last) return -1;
    number = number * 10 + digit;
  }
  at = next + 2;
  return number;
}

// A line of an HTTP request.
bool is_browser(Bytes word) {
  return equals_ignoring_case(word, "post") || equals_ignoring_case(word, "host:");
}

}  // namespace

RequestParser::Step RequestParser::fail(std::string what) {
  error_ = "ERR Protocol error: " + std::move(what);
  return Step::kError;
}

// Finds the line at position_; what was looked at before is not looked at again.
RequestParser::Step RequestParser::find_line(Bytes input, Bytes& line, const char* too_big) {
  const size_t from = std::max(position_, scanned_);
  const void* found =
      from < input.size() ? std::memchr(input.data() + from, '\r', input.size() - from) : nullptr;
  if (found == nullptr) {
    scanned_ = input.size();
    if (input.size() - position_ > kInlineMax) return fail(too_big);
    return Step::kMore;
  }
  const auto end = static_cast<size_t>(static_cast<const char*>(found) - input.data());
  if (end + 1 >= input.size()) {  // the LF is still to come
    scanned_ = end;
    return Step::kMore;
  }
  line = input.substr(position_, end - position_);
  position_ = end + 2;
  scanned_ = 0;
  return Step::kDone;
}

RequestParser::Step RequestParser::parse_array(Bytes input, const Limits& limits) {
  if (words_left_ < 0) {
    Bytes line;
    const Step step = find_line(input, line, "too big mbulk count string");
    if (step != Step::kDone) return step;
    const auto count = parse_int64(line.substr(1));
    if (!count || *count > kWordsMax) return fail("invalid multibulk length");
    if (!limits.authenticated && *count > kWordsMaxUnauthenticated) {
      return fail("unauthenticated multibulk length");
    }
    words_left_ = *count > 0 ? *count : 0;
    words_.clear();
  }
  while (words_left_ > 0) {
    const Step step = parse_bulk(input, limits);
    if (step != Step::kDone) return step;
    --words_left_;
  }
  return Step::kDone;
}

RequestParser::Step RequestParser::parse_bulk(Bytes input, const Limits& limits) {
  if (bulk_size_ < 0) {
    Bytes line;
    const Step step = find_line(input, line, "too big bulk count string");
    if (step != Step::kDone) return step;
    if (line.empty() || line[0] != '$') {
      return fail(std::string("expected '$', got '") + (line.empty() ? '\r' : line[0]) + "'");
    }
    const auto size = parse_int64(line.substr(1));
    if (!size || *size < 0 || *size > limits.bulk_max) return fail("invalid bulk length");
    if (!limits.authenticated && *size > kBulkMaxUnauthenticated) {
      return fail("unauthenticated bulk length");
    }
    bulk_size_ = *size;
  }
  const auto size = static_cast<size_t>(bulk_size_);
  if (input.size() - position_ < size + 2) return Step::kMore;
  words_.push_back({position_, size});
  position_ += size + 2;
  bulk_size_ = -1;
  return Step::kDone;
}

// The quick way for a command that is there whole and without anything unusual: adds its words to
// read_ and returns how many bytes it takes. 0, and nothing has changed, when it is another: then
// the careful way finds out what it is.
size_t RequestParser::parse_plain(Bytes input, const Limits& limits) {
  const char* at = input.data();
  const char* const end = at + input.size();
  const size_t read_before = read_.size();
  const int64_t count = read_plain_header('*', at, end);
  if (count <= 0 || !limits.authenticated) return 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t size = read_plain_header('$', at, end);
    if (size < 0 || size > limits.bulk_max || end - at < size + 2) {
      read_.resize(read_before);
      return 0;
    }
    read_.emplace_back(at, static_cast<size_t>(size));
    at += size + 2;
  }
  return static_cast<size_t>(at - input.data());
}

void RequestParser::consume_last(InputBuffer& buffer) noexcept {
  if (consume_next_ == 0) return;
  buffer.consume(consume_next_);
  consume_next_ = 0;
}

std::span<const Args> RequestParser::read_ahead(InputBuffer& buffer, const Limits& limits) {
  consume_last(buffer);
  forget_ahead();
  read_.clear();
  if (!is_fresh()) return {};
  std::array<size_t, kAheadMax> words;
  Bytes rest = buffer.pending();
  while (ahead_sizes_.size() < kAheadMax && read_.size() < kAheadWordsMax) {
    const size_t before = read_.size();
    const size_t size = parse_plain(rest, limits);
    if (size == 0) break;
    words[ahead_sizes_.size()] = read_.size() - before;
    ahead_sizes_.push_back(size);
    rest.remove_prefix(size);
  }
  Args left = read_;
  for (size_t i = 0; i < ahead_sizes_.size(); ++i) {
    ahead_.push_back(left.first(words[i]));
    left = left.subspan(words[i]);
  }
  return ahead_;
}

void RequestParser::forget_ahead() noexcept {
  ahead_.clear();
  ahead_sizes_.clear();
  ahead_next_ = 0;
}

RequestParser::Outcome RequestParser::next(InputBuffer& buffer, const Limits& limits) {
  consume_last(buffer);
  if (!limits.authenticated) forget_ahead();  // RESET took the right to long commands away
  if (has_ahead()) {
    args_ = ahead_[ahead_next_];
    consume_next_ = ahead_sizes_[ahead_next_++];
    return Outcome::kCommand;
  }
  read_.clear();
  while (true) {
    const Bytes input = buffer.pending();
    if (input.empty()) return Outcome::kNeedMore;
    if (words_left_ < 0 && input[0] != '*') {
      const Outcome outcome = parse_inline(buffer);
      if (outcome == Outcome::kCommand && read_.empty()) continue;  // an empty line
      return outcome;
    }
    const Step step = parse_array(input, limits);
    if (step == Step::kMore) return Outcome::kNeedMore;
    if (step == Step::kError) return Outcome::kProtocolError;
    const size_t used = position_;
    position_ = 0;
    scanned_ = 0;
    words_left_ = -1;
    if (words_.empty()) {
      buffer.consume(used);
      continue;
    }
    for (const Word& word : words_) read_.push_back(input.substr(word.offset, word.size));
    args_ = read_;
    consume_next_ = used;
    return Outcome::kCommand;
  }
}

RequestParser::Outcome RequestParser::parse_inline(InputBuffer& buffer) {
  const Bytes input = buffer.pending();
  const size_t end = input.find('\n', scanned_);
  if (end == Bytes::npos) {
    scanned_ = input.size();
    if (input.size() <= kInlineMax) return Outcome::kNeedMore;
    fail("too big inline request");
    return Outcome::kProtocolError;
  }
  scanned_ = 0;
  Bytes line = input.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  inline_words_.clear();
  if (!split_inline(line, inline_words_)) {
    fail("unbalanced quotes in request");
    return Outcome::kProtocolError;
  }
  if (!inline_words_.empty() && is_browser(inline_words_.front())) {
    error_.clear();
    return Outcome::kProtocolError;
  }
  read_.assign(inline_words_.begin(), inline_words_.end());
  args_ = read_;
  buffer.consume(end + 1);
  return Outcome::kCommand;
}

}  // namespace kevy

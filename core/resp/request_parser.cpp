#include "resp/request_parser.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/number.h"

namespace kevy {

namespace {

constexpr size_t kInlineMax = 64 * 1024;
constexpr size_t kAheadBytesMax = 1 << 20;  // of a command that is read ahead
constexpr size_t kAheadWordsMax = 256;  // no further command is read ahead from there
constexpr int64_t kPlainMax = 99'999;   // the largest count or size that parse_plain takes
constexpr int64_t kWordsMax = INT32_MAX;
constexpr int64_t kWordsMaxUnauthenticated = 10;
constexpr int64_t kBulkMaxUnauthenticated = 16384;
constexpr const char* kNoLineEnd = "invalid CRLF in request";

bool is_line_end(const char* at) { return std::memcmp(at, "\r\n", 2) == 0; }

// The digits of a header with their CR LF; below zero when they are not plain or not whole.
[[gnu::noinline]] int64_t read_plain_digits(const char*& at, const char* end) {
  int64_t number = 0;
  const char* next = at;
  for (; next != end && *next != '\r'; ++next) {
    const int digit = static_cast<unsigned char>(*next) - '0';
    if (digit < 0 || digit > 9 || *at == '0' || number > kPlainMax / 10) return -1;
    number = number * 10 + digit;
  }
  if (next == at || end - next < 2 || !is_line_end(next)) return -1;
  at = next + 2;
  return number;
}

// Reads a header of a few digits, as nearly all are, and moves `at` behind its CR LF. Below zero
// when it is not such a one or has not come whole.
[[gnu::always_inline]] inline int64_t read_plain_header(char kind, const char*& at,
                                                        const char* end) {
  constexpr ptrdiff_t kShort = 5;  // of two digits; behind one digit there is more
  if (end - at < kShort || at[0] != kind) return -1;
  const unsigned first = static_cast<unsigned char>(at[1]) - unsigned{'0'};
  if (is_line_end(at + 2) && first <= 9) [[likely]] {
    at += kShort - 1;
    return first;
  }
  const unsigned second = static_cast<unsigned char>(at[2]) - unsigned{'0'};
  if (is_line_end(at + 3) && first - 1 <= 8 && second <= 9) [[likely]] {
    at += kShort;
    return first * 10 + second;
  }
  return read_plain_digits(++at, end);
}

}  // namespace

RequestParser::Step RequestParser::fail(std::string what) {
  error_ = "ERR Protocol error: " + std::move(what);
  return Step::kError;
}

// Finds the line at position_, up to a CR and a byte that should be LF; what was looked at before is
// not looked at again.
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

// Leaves words_left_ at 0 when the array has come whole, and may be called again then.
RequestParser::Step RequestParser::parse_array(InputBuffer& buffer, const Limits& limits) {
  if (words_left_ < 0) {
    const Bytes input = buffer.pending();
    Bytes line;
    const Step step = find_line(input, line, "too big mbulk count string");
    if (step != Step::kDone) return step;
    if (!is_line_end(line.data() + line.size())) return fail(kNoLineEnd);
    const auto count = parse_int64(line.substr(1));
    if (!count || *count > kWordsMax) return fail("invalid multibulk length");
    if (!limits.authenticated && *count > kWordsMaxUnauthenticated) {
      return fail("unauthenticated multibulk length");
    }
    words_left_ = *count > 0 ? *count : 0;
    words_.clear();
  }
  while (words_left_ > 0) {
    const Step step = parse_bulk(buffer, limits);
    if (step != Step::kDone) return step;
    --words_left_;
  }
  return Step::kDone;
}

RequestParser::Step RequestParser::parse_bulk(InputBuffer& buffer, const Limits& limits) {
  if (bulk_is_long_) return finish_long_word(buffer);
  const Bytes input = buffer.pending();
  if (bulk_size_ < 0) {
    Bytes line;
    const Step step = find_line(input, line, "too big bulk count string");
    if (step != Step::kDone) return step;
    if (line.empty() || line[0] != '$') {
      return fail(std::string("expected '$', got '") + (line.empty() ? '\r' : line[0]) + "'");
    }
    if (!is_line_end(line.data() + line.size())) return fail(kNoLineEnd);
    const auto size = parse_int64(line.substr(1));
    if (!size || *size < 0 || *size > limits.bulk_max) return fail("invalid bulk length");
    if (!limits.authenticated && *size > kBulkMaxUnauthenticated) {
      return fail("unauthenticated bulk length");
    }
    bulk_size_ = *size;
  }
  const auto size = static_cast<size_t>(bulk_size_);
  if (input.size() - position_ < size + 2) {
    if (size >= kLongWordMin) {
      buffer.begin_block(position_, size);
      bulk_is_long_ = true;
    }
    return Step::kMore;
  }
  if (!is_line_end(input.data() + position_ + size)) return fail(kNoLineEnd);
  words_.push_back({position_, size});
  position_ += size + 2;
  bulk_size_ = -1;
  return Step::kDone;
}

// What is pending goes on with the line end behind the word.
RequestParser::Step RequestParser::finish_long_word(InputBuffer& buffer) {
  const Bytes input = buffer.pending();
  if (buffer.missing() != 0 || input.size() - position_ < 2) return Step::kMore;
  if (!is_line_end(input.data() + position_)) return fail(kNoLineEnd);
  const auto size = static_cast<size_t>(bulk_size_);
  words_.push_back({Word::kLong + long_words_.size(), size});
  long_words_.push_back(buffer.take_block());
  long_bytes_ += size;
  position_ += 2;
  bulk_size_ = -1;
  bulk_is_long_ = false;
  return Step::kDone;
}

Bytes RequestParser::bytes_of(const Word& word, Bytes input) const noexcept {
  if (word.offset >= Word::kLong) [[unlikely]] return long_words_[word.offset - Word::kLong].bytes();
  return input.substr(word.offset, word.size);
}

void RequestParser::drop_long_words() noexcept {
  std::vector<SharedBytes>().swap(long_words_);
  long_bytes_ = 0;
  args_are_long_ = false;
}

// The quick way for a command that is there whole and without anything unusual: puts its words
// behind those that are `used` of ahead_words_, moves `at` behind it and returns how many words it
// has. 0, and `at` is where it was, when it is another: then the careful way finds out what it is.
[[gnu::always_inline]] inline size_t RequestParser::parse_plain(const char*& at, const char* end,
                                                               size_t used) {
  constexpr ptrdiff_t kWordMin = 6;  // bytes of "$0" with both line ends
  const char* next = at;
  const int64_t count = read_plain_header('*', next, end);
  if (count <= 0 || (end - next) / kWordMin < count) return 0;
  if (used + static_cast<size_t>(count) > ahead_words_.size()) [[unlikely]] {
    make_room_ahead(used + static_cast<size_t>(count));
  }
  Bytes* const words = &ahead_words_[used];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t size = read_plain_header('$', next, end);
    if (size < 0 || end - next < size + 2 || !is_line_end(next + size)) return 0;
    words[i] = {next, static_cast<size_t>(size)};
    next += size + 2;
  }
  at = next;
  return static_cast<size_t>(count);
}

void RequestParser::make_room_ahead(size_t words) {
  std::vector<Bytes, BigAllocator<Bytes>> larger(std::max(words, 2 * ahead_words_.size()));
  std::copy(ahead_words_.begin(), ahead_words_.end(), larger.begin());
  for (Args& args : std::span(ahead_).first(ahead_count_)) {
    const auto first = static_cast<size_t>(args.data() - ahead_words_.data());
    args = Args(larger).subspan(first, args.size());
  }
  ahead_words_.swap(larger);
}

std::span<const Args> RequestParser::read_ahead(InputBuffer& buffer, const Limits& limits) {
  consume_last(buffer);
  forget_ahead();
  if (!is_fresh() || !limits.authenticated || limits.bulk_max < kPlainMax) return {};
  const Bytes input = buffer.pending();
  const char* at = input.data();
  const char* const end = at + input.size();
  size_t used = 0;
  while (ahead_count_ != kAheadMax && used < kAheadWordsMax) {
    const char* const begin = at;
    const size_t words = parse_plain(at, end, used);
    if (words == 0 || static_cast<size_t>(at - begin) >= kAheadBytesMax) break;
    ahead_[ahead_count_] = Args(&ahead_words_[used], words);
    ahead_sizes_[ahead_count_++] = static_cast<size_t>(at - begin);
    used += words;
  }
  return std::span(ahead_).first(ahead_count_);
}

void RequestParser::shrink() noexcept {
  constexpr size_t kKeptMax = 16 * 1024;
  forget_ahead();
  if (memory() <= kKeptMax) return;
  const auto give_back = [](auto& words) { std::remove_reference_t<decltype(words)>().swap(words); };
  args_ = {};
  give_back(read_);
  give_back(ahead_words_);
  give_back(inline_words_);
  inline_memory_ = 0;
  if (words_left_ < 0) give_back(words_);  // else they are of a command that is still coming
}

bool RequestParser::has_come(InputBuffer& buffer, const Limits& limits) {
  if (has_ahead() || !error_.empty()) return true;
  consume_last(buffer);
  const Bytes input = buffer.pending();
  if (input.empty()) return false;
  size_t end = 0;
  const bool is_inline = words_left_ < 0 && input[0] != '*';
  const Step step = is_inline ? find_inline_end(input, end) : parse_array(buffer, limits);
  return step != Step::kMore;
}

RequestParser::Outcome RequestParser::next_carefully(InputBuffer& buffer, const Limits& limits) {
  consume_last(buffer);
  given_ahead_.reset();
  forget_ahead();  // RESET may have taken the right to long commands away
  read_.clear();
  if (!error_.empty()) return Outcome::kProtocolError;
  while (true) {
    const Bytes input = buffer.pending();
    if (input.empty()) return Outcome::kNeedMore;
    if (words_left_ < 0 && input[0] != '*') {
      const Outcome outcome = parse_inline(buffer);
      if (outcome == Outcome::kCommand && read_.empty()) continue;  // an empty line
      return outcome;
    }
    const Step step = parse_array(buffer, limits);
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
    for (const Word& word : words_) read_.push_back(bytes_of(word, input));
    args_are_long_ = !long_words_.empty();
    args_ = read_;
    consume_next_ = used;
    return Outcome::kCommand;
  }
}

// Finds the LF of an inline line; what was looked at before is not looked at again.
RequestParser::Step RequestParser::find_inline_end(Bytes input, size_t& end) {
  end = input.find('\n', scanned_);
  // As in a C string, no line end is found behind a NUL.
  const size_t nul = input.substr(0, end).find('\0', scanned_);
  const bool has_come = end != Bytes::npos && nul == Bytes::npos;
  if ((has_come ? end : input.size()) > kInlineMax) return fail("too big inline request");
  if (has_come) return Step::kDone;
  scanned_ = std::min(nul, input.size());
  return Step::kMore;
}

RequestParser::Outcome RequestParser::parse_inline(InputBuffer& buffer) {
  const Bytes input = buffer.pending();
  size_t end = 0;
  const Step step = find_inline_end(input, end);
  if (step == Step::kMore) return Outcome::kNeedMore;
  if (step == Step::kError) return Outcome::kProtocolError;
  scanned_ = 0;
  Bytes line = input.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  inline_words_.clear();
  if (!split_inline(line, inline_words_)) {
    fail("unbalanced quotes in request");
    return Outcome::kProtocolError;
  }
  inline_memory_ = line.size() + inline_words_.capacity() * sizeof(std::string);
  read_.assign(inline_words_.begin(), inline_words_.end());
  args_ = read_;
  buffer.consume(end + 1);
  return Outcome::kCommand;
}

}  // namespace kevy

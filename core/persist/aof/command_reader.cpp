#include "persist/aof/command_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/number.h"
#include "persist/aof/files.h"
#include "persist/aof/groups.h"

namespace kevy {

namespace {

// A word may be as long as the store can count (Settings::word_max).
constexpr uint64_t kWordsMax = 1u << 30, kWordMax = (uint64_t{1} << 32) - 1024;
constexpr size_t kLineMax = 32;
constexpr size_t kAnnotationMax = 1024;
constexpr size_t kSector = 512;  // what a disk writes as a whole
constexpr size_t kGroupInBuffer = size_t{1} << 20;

}  // namespace

CommandReader::CommandReader(int file, uint64_t position, Reads reads)
    : file_(file), reads_(reads), position_(position) {}

// Makes sure that so many bytes from at_ on are there; false when the file has no more, or fails.
bool CommandReader::fill(size_t needed) {
  while (buffer_.size() - at_ < needed && !ended_) {
    const size_t had = buffer_.size();
    const size_t missing = needed - (had - at_);
    // Memory is got for what has come, not for what was announced.
    buffer_.resize(had + std::clamp(missing, kPiece, std::max(kPiece, had)));
    if (before_reading_) before_reading_();
    ssize_t got = 0;
    do {
      char* const to = buffer_.data() + had;
      const size_t size = buffer_.size() - had;
      got = reads_ == Reads::kOn ? read(file_, to, size)
                                 : pread(file_, to, size, static_cast<off_t>(position_ + had));
    } while (got < 0 && errno == EINTR);
    if (got < 0) code_ = errno;
    buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    ended_ = got <= 0;
  }
  return buffer_.size() - at_ >= needed;
}

// A number of a few digits that lies in the buffer with its line's end, as nearly all do.
bool CommandReader::short_number(char mark, uint64_t max, uint64_t& value) noexcept {
  constexpr size_t kDigitsMost = 9;
  const Bytes there = Bytes(buffer_).substr(at_);
  if (there.size() < kDigitsMost + 3 || there[0] != mark || there[1] == '0') return false;
  uint64_t number = 0;
  size_t at = 1;
  for (; at <= kDigitsMost && there[at] >= '0' && there[at] <= '9'; ++at) {
    number = 10 * number + static_cast<uint64_t>(there[at] - '0');
  }
  if (at == 1 || there[at] != '\r' || there[at + 1] != '\n' || number > max) return false;
  value = number;
  at_ += at + 2;
  return true;
}

CommandReader::Outcome CommandReader::number(char mark, uint64_t max, uint64_t& value) {
  if (short_number(mark, max, value)) return Outcome::kCommand;
  size_t size = 0;
  while (true) {
    size = buffer_.find('\n', at_);
    if (size != std::string::npos || buffer_.size() - at_ > kLineMax) break;
    if (!fill(buffer_.size() - at_ + 1)) break;
  }
  const Bytes there = Bytes(buffer_).substr(at_);
  if (!there.empty() && there.front() != mark) return Outcome::kWrong;
  if (size == std::string::npos) {
    const size_t digits =
        there.find_first_not_of("0123456789\r", std::min<size_t>(1, there.size()));
    const bool may_go_on = there.size() <= kLineMax && digits == Bytes::npos;
    return code_ != 0 ? Outcome::kFailed : may_go_on ? Outcome::kCut : Outcome::kWrong;
  }
  const Bytes line = Bytes(buffer_).substr(at_ + 1, size - at_ - 1);
  if (!line.ends_with('\r')) return Outcome::kWrong;
  const auto parsed = parse_int64(line.substr(0, line.size() - 1));
  if (!parsed || *parsed < 0 || static_cast<uint64_t>(*parsed) > max) return Outcome::kWrong;
  value = static_cast<uint64_t>(*parsed);
  at_ = size + 1;
  return Outcome::kCommand;
}

// The line, without its end, is behind the buffer's at_.
CommandReader::Outcome CommandReader::begin_group(Bytes line) {
  const auto sum =
      line.ends_with('\r') ? SumLine::parse(line.substr(0, line.size() - 1)) : std::nullopt;
  if (!sum || sum->bytes > UINT64_MAX / 4)
    return checks_sums_ ? Outcome::kNoSum : Outcome::kCommand;
  group_begin_ = begin();
  group_end_ = end() + sum->bytes;
  return checks_sums_ ? check_group(*sum) : Outcome::kCommand;
}

CommandReader::Outcome CommandReader::check_group(const SumLine& sum) {
  const auto failed = [this](int code) {
    code_ = code;
    return Outcome::kFailed;
  };
  bool right = false;
  if (sum.bytes <= kGroupInBuffer && fill(sum.bytes)) {
    GroupHash hash;
    hash.add(Bytes(buffer_).substr(at_, sum.bytes));
    right = hash.value() == sum.hash;
  } else if (code_ != 0) {
    return Outcome::kFailed;
  } else {
    if (before_reading_) before_reading_();
    const auto size = size_of_file(file_, "");
    if (!size) return failed(size.error().code);
    if (*size < group_end_) {
      if (ends_behind_units_) return Outcome::kCommand;
      const auto by_hand = is_cut_behind_units(file_, group_begin_, *size);
      if (!by_hand) return failed(by_hand.error().code);
      ends_behind_units_ = *by_hand;
      return *by_hand ? Outcome::kCommand : Outcome::kOpenGroup;
    }
    const auto same = has_hash(file_, end(), sum.bytes, sum.hash);
    if (!same) return failed(same.error().code);
    right = *same;
  }
  return right ? Outcome::kCommand : Outcome::kBadSum;
}

// A line that begins with #. #TS: tells a moment.
CommandReader::Outcome CommandReader::skip_annotation() {
  size_t end = buffer_.find('\n', at_);
  while (end == std::string::npos) {
    if (buffer_.size() - at_ > kAnnotationMax) return Outcome::kWrong;
    if (!fill(buffer_.size() - at_ + 1)) return code_ != 0 ? Outcome::kFailed : Outcome::kCut;
    end = buffer_.find('\n', at_);
  }
  Bytes line = Bytes(buffer_).substr(at_, end - at_);
  if (line.find('\0') != Bytes::npos) return Outcome::kWrong;
  if (line.starts_with(SumLine::kBeginning)) {
    at_ = end + 1;
    return begin_group(line);
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("#TS:")) {
    if (const auto seconds = parse_int64(line.substr(4))) timestamp_ = *seconds;
  }
  at_ = end + 1;
  return Outcome::kCommand;
}

CommandReader::Outcome CommandReader::read_words() {
  uint64_t count = 0;
  if (const Outcome outcome = number('*', kWordsMax, count); outcome != Outcome::kCommand) {
    return outcome;
  }
  if (count == 0) return Outcome::kWrong;
  places_.clear();
  for (; count != 0; --count) {
    uint64_t size = 0;
    if (const Outcome outcome = number('$', kWordMax, size); outcome != Outcome::kCommand) {
      return outcome;
    }
    if (!fill(size + 2)) return code_ != 0 ? Outcome::kFailed : Outcome::kCut;
    places_.push_back({at_, size});
    at_ += size;
    if (Bytes(buffer_).substr(at_, 2) != "\r\n") return Outcome::kWrong;
    at_ += 2;
  }
  words_.clear();
  for (const Word& word : places_) words_.push_back(Bytes(buffer_).substr(word.offset, word.size));
  return Outcome::kCommand;
}

// Gives up what lies before at_, when that is much.
void CommandReader::forget() noexcept {
  if (at_ < std::max(kPiece, buffer_.size() / 2)) return;
  buffer_.erase(0, at_);
  position_ += at_;
  at_ = 0;
}

CommandReader::Outcome CommandReader::next() {
  while (true) {
    forget();  // what was given, and what was skipped
    begin_ = at_;
    if (!fill(1)) return code_ != 0 ? Outcome::kFailed : Outcome::kEnd;
    if (buffer_[at_] != '#') return read_words();
    if (const Outcome outcome = skip_annotation(); outcome != Outcome::kCommand) return outcome;
  }
}

// The file has ended, so that all of the rest is in the buffer. Of the places where a command could
// begin some are looked at, and of commands those that are short.
bool CommandReader::has_whole_command_behind() {
  constexpr Bytes kBeginning = "\r\n*";
  constexpr int kPlacesMax = 1000;
  constexpr size_t kCountMax = 5;  // digits and the line's end
  const size_t begin = begin_;
  bool found = false;
  size_t place = begin;
  for (int places = 0; places < kPlacesMax && !found; ++places) {
    place = Bytes(buffer_).find(kBeginning, place);
    if (place == Bytes::npos) break;
    place += kBeginning.size() - 1;
    const size_t line_end = Bytes(buffer_).substr(place, kCountMax + 1).find('\n');
    if (line_end == Bytes::npos) continue;
    at_ = place;
    found = read_words() == Outcome::kCommand;
  }
  at_ = begin_ = begin;
  return found;
}

// at_ is where the line, or the line's end, begins that is none.
bool CommandReader::misses_sector() {
  const bool annotation = buffer_.size() > at_ && buffer_[at_] == '#';
  fill((annotation ? kAnnotationMax : kLineMax) + 2 + kSector);
  const Bytes there = Bytes(buffer_).substr(at_);
  const Bytes line = there.substr(0, there.find('\n'));
  const size_t lost = line.find('\0');
  if (code_ != 0 || lost == Bytes::npos) return false;
  const size_t left = kSector - (position_ + at_ + lost) % kSector;
  return there.substr(lost, left).find_first_not_of('\0') == Bytes::npos;
}

}  // namespace kevy

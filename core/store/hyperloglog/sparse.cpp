#include "store/hyperloglog/sparse.h"

#include <algorithm>

namespace kevy::hyperloglog {

namespace {

constexpr unsigned kValueBit = 0x80, kLongBit = 0x40;
constexpr size_t kJoinedMost = 5;  // runs looked at for neighbours to join

/// Writes runs of at most five bytes.
class Writer {
 public:
  void value(uint8_t value, size_t length) noexcept {
    if (length != 0) put(kValueBit | (value - 1u) << 2 | static_cast<unsigned>(length - 1));
  }
  void zeros(size_t length) noexcept {
    if (length == 0) return;
    const auto code = static_cast<unsigned>(length - 1);
    if (length > kShortRunMax) put(kLongBit | code >> 8);
    put(code & 0xff);
  }
  void same_as(const Run& run, size_t length) noexcept {
    if (run.value == 0) {
      zeros(length);
    } else {
      value(run.value, length);
    }
  }
  Bytes bytes() const noexcept { return {bytes_, size_}; }

 private:
  void put(unsigned byte) noexcept { bytes_[size_++] = static_cast<char>(byte); }

  char bytes_[5];
  size_t size_ = 0;
};

bool is_value(char byte) noexcept { return (static_cast<unsigned char>(byte) & kValueBit) != 0; }
uint8_t value_of(char byte) noexcept {
  return static_cast<uint8_t>((static_cast<unsigned char>(byte) >> 2 & 31) + 1);
}
size_t length_of(char byte) noexcept { return (static_cast<unsigned char>(byte) & 3u) + 1; }

}  // namespace

std::optional<Run> SparseReader::next() noexcept {
  if (at_ >= runs_.size()) return std::nullopt;
  const unsigned code = static_cast<unsigned char>(runs_[at_]);
  Run run{at_, 1, first_, 0, 0};
  if ((code & kValueBit) != 0) {
    run.value = value_of(runs_[at_]);
    run.length = length_of(runs_[at_]);
  } else if ((code & kLongBit) != 0) {
    // Cut off behind its first byte it is as if a zero followed, as in Redis.
    const bool whole = at_ + 1 < runs_.size();
    const unsigned low = whole ? static_cast<unsigned char>(runs_[at_ + 1]) : 0;
    run.length = ((code & 0x3f) << 8 | low) + 1;
    run.size = whole ? 2 : 1;
  } else {
    run.length = code + 1;
  }
  at_ += run.size;
  first_ += run.length;
  return run;
}

Draft::Draft(Bytes bytes, size_t sparse_max) : bytes_(bytes), sparse_max_(sparse_max) {
  if (!bytes_.empty()) return;
  bytes_.assign("HYLL\1", 5);
  bytes_.resize(kHeaderSize);
  Writer writer;
  writer.zeros(kRegisters);
  bytes_ += writer.bytes();
}

Draft::Outcome Draft::raise(Mark mark) {
  if (form_of(bytes_) == Form::kSparse) return raise_sparse(mark);
  char* const packed = bytes_.data() + kHeaderSize;
  if (packed_register(packed, mark.index) >= mark.rank) return Outcome::kSame;
  set_packed_register(packed, mark.index, mark.rank);
  return Outcome::kRaised;
}

// From near the last change, unless it is there that the run lies: then what comes before that is
// not known, and the search begins again.
std::optional<Draft::Found> Draft::find(size_t index) const noexcept {
  for (const Place start : {near_, Place{}}) {
    if (index < start.first) continue;
    SparseReader reader(runs());
    reader.go_to(start.at, start.first);
    Place previous = start;
    while (const auto run = reader.next()) {
      if (index < run->first + run->length) {
        if (run->at == start.at && start.at != 0) break;
        return Found{*run, previous};
      }
      previous = {run->at, run->first};
    }
  }
  return std::nullopt;
}

Draft::Outcome Draft::raise_sparse(Mark mark) {
  if (mark.rank > kRunValueMax) return promote(mark);
  const auto found = find(mark.index);
  if (!found) return Outcome::kCorrupt;
  const Run& run = found->run;
  if (run.value >= mark.rank) return Outcome::kSame;
  Writer writer;
  writer.same_as(run, mark.index - run.first);
  writer.value(mark.rank, 1);
  writer.same_as(run, run.first + run.length - 1 - mark.index);
  const size_t written = writer.bytes().size();
  if (written > run.size && bytes_.size() + written - run.size > sparse_max_) return promote(mark);
  bytes_.replace(kHeaderSize + run.at, run.size, writer.bytes());
  join(found->previous.at);
  near_ = found->previous;
  return Outcome::kRaised;
}

// Joins neighbours of the same value among the runs from `from` on.
void Draft::join(size_t from) {
  size_t at = kHeaderSize + from;
  for (size_t i = 0; i < kJoinedMost && at < bytes_.size(); ++i) {
    const char code = bytes_[at];
    if (!is_value(code)) {
      at += (static_cast<unsigned char>(code) & kLongBit) != 0 ? 2 : 1;
      continue;
    }
    const char next = at + 1 < bytes_.size() ? bytes_[at + 1] : '\0';
    const size_t length = length_of(code) + length_of(next);
    if (!is_value(next) || value_of(code) != value_of(next) || length > kValueRunMax) {
      ++at;
      continue;
    }
    Writer writer;
    writer.value(value_of(code), length);
    bytes_.replace(at, 2, writer.bytes());
  }
}

Draft::Outcome Draft::promote(Mark mark) { return make_dense() ? raise(mark) : Outcome::kCorrupt; }

bool Draft::make_dense() {
  if (form_of(bytes_) == Form::kDense) return true;
  Registers registers;
  if (!merge(registers, bytes_)) return false;
  bytes_.resize(kHeaderSize);
  bytes_.resize(kDenseSize);
  bytes_[4] = static_cast<char>(Form::kDense);
  pack(bytes_.data() + kHeaderSize, registers);
  return true;
}

Draft::Outcome look(Bytes bytes, Mark mark) noexcept {
  using Outcome = Draft::Outcome;
  if (form_of(bytes) == Form::kDense) {
    const unsigned now = packed_register(registers_of(bytes).data(), mark.index);
    return now >= mark.rank ? Outcome::kSame : Outcome::kRaised;
  }
  SparseReader reader(registers_of(bytes));
  while (const auto run = reader.next()) {
    if (mark.index >= run->first + run->length) continue;
    return run->value >= mark.rank ? Outcome::kSame : Outcome::kRaised;
  }
  // Redis makes it dense for a value that has no runs, and finds out then.
  return Outcome::kCorrupt;
}

}  // namespace kevy::hyperloglog

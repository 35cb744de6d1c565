#include "persist/aof/groups.h"

#include <algorithm>
#include <string>

#include "persist/aof/command_reader.h"
#include "persist/aof/files.h"
#include "persist/aof/sum_line.h"

namespace kevy {

namespace {

constexpr size_t kPiece = size_t{256} << 10;
constexpr uint64_t kSector = 512;

}  // namespace

Result<bool> has_hash(int file, uint64_t begin, uint64_t bytes, uint64_t hash) {
  std::string buffer;
  GroupHash own;
  while (bytes != 0) {
    auto piece = read_at(file, begin, std::min<uint64_t>(bytes, kPiece), buffer);
    if (!piece) return piece.error();
    if (piece->empty()) return false;
    own.add(*piece);
    begin += piece->size();
    bytes -= piece->size();
  }
  return own.value() == hash;
}

Result<bool> misses_sector(int file, uint64_t begin, uint64_t end) {
  std::string buffer;
  while (begin < end) {
    const uint64_t next = std::min(end, (begin / kPiece + 1) * kPiece);
    auto piece = read_at(file, begin, next - begin, buffer);
    if (!piece) return piece.error();
    for (uint64_t at = begin; at < next; at = (at / kSector + 1) * kSector) {
      const Bytes sector = piece->substr(std::min<uint64_t>(at - begin, piece->size()),
                                         std::min(next, (at / kSector + 1) * kSector) - at);
      if (sector.find_first_not_of('\0') == Bytes::npos) return true;
    }
    begin = next;
  }
  return false;
}

// What a line says that is within a group is that group's own, and is passed over with it.
Result<bool> was_on_disk(int file, uint64_t from) {
  std::string buffer;
  uint64_t at = from;
  while (true) {
    auto piece = read_at(file, at, kPiece, buffer);
    if (!piece) return piece.error();
    const size_t found = piece->find(SumLine::kBeginning);
    if (found == Bytes::npos) {
      if (piece->size() < kPiece) return false;
      at += kPiece - SumLine::kMax;
      continue;
    }
    if (found + SumLine::kMax > piece->size() && piece->size() == kPiece) {
      at += found;
      continue;
    }
    const uint64_t place = at + found;
    const Bytes text = piece->substr(found, SumLine::kMax);
    const size_t end = text.find("\r\n");
    const auto line = end == Bytes::npos ? std::nullopt : SumLine::parse(text.substr(0, end));
    at = place + SumLine::kBeginning.size();
    if (!line) continue;
    if (line->safe > from && line->safe <= place) return true;
    at = place + end + 2;
    at += std::min(line->bytes, UINT64_MAX / 4);
    if (at > UINT64_MAX / 4) return false;
  }
}

Result<bool> is_cut_behind_units(int file, uint64_t begin, uint64_t size) {
  CommandReader units(file, begin, CommandReader::Reads::kByPlace);
  bool open = false;
  while (true) {
    const CommandReader::Outcome outcome = units.next();
    if (outcome == CommandReader::Outcome::kFailed) {
      return Error{Error::Kind::kSystem, "", units.code()};
    }
    if (outcome == CommandReader::Outcome::kEnd) break;
    if (outcome != CommandReader::Outcome::kCommand) return false;
    const Bytes name = units.words().front();
    if (equals_ignoring_case(name, "multi")) open = true;
    if (equals_ignoring_case(name, "exec")) open = false;
  }
  if (open) return false;
  const auto misses = misses_sector(file, begin, size);
  if (!misses) return misses.error();
  return !*misses;
}

}  // namespace kevy

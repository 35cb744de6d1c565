// The numbers of the RDB format, as Redis 7.0 and Valkey 9.1 write them, and those that older ones
// and Redis 7.4 wrote.
#pragma once

#include <cstdint>
#include <string_view>

namespace kevy {

/// What a value is written as.
enum class RdbType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kZsetText = 3,  // scores as texts
  kHash = 4,
  kZset = 5,
  kModulePreRelease = 6,
  kModule = 7,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kZsetZiplist = 12,
  kHashZiplist = 13,
  kListQuicklist = 14,  // of ziplists
  kStream1 = 15,
  kHashListpack = 16,
  kZsetListpack = 17,
  kListQuicklist2 = 18,  // of listpacks
  kStream2 = 19,         // with what is known of entries that are gone
  kSetListpack = 20,
  kStream3 = 21,                 // with when a consumer was last given something
  kHashTimed = 22,               // Valkey's, with fields that expire
  kHashMetadataPreRelease = 22,  // Redis' of version 12
  kHashListpackTimedPreRelease = 23,
  kHashMetadata = 24,       // Redis'
  kHashListpackTimed = 25,  // Redis'
};

enum class RdbOpcode : uint8_t {
  kSlotImport = 243,
  kSlotInfo = 244,
  kFunction = 245,
  kFunctionPreRelease = 246,
  kModuleAux = 247,
  kIdle = 248,
  kFrequency = 249,
  kAux = 250,
  kResize = 251,
  kExpiryMs = 252,
  kExpiryS = 253,
  kDatabase = 254,
  kEnd = 255,
};

/// Versions that say what a file or a payload may hold.
enum class RdbVersion : uint16_t {
  kListpacks = 10,    // Redis 7.0
  kActiveTimes = 11,  // Redis 7.2: consumers
  kValkey = 80,       // Valkey 9: fields that expire
};
/// The highest one that can be read, and those between which Valkey has none.
inline constexpr unsigned kRdbVersionMax = 80, kRdbRedisVersionMax = 79;

/// Kinds of lengths, in the two high bits of the first byte.
inline constexpr uint8_t kRdbLength6 = 0, kRdbLength14 = 1, kRdbSpecial = 3;
inline constexpr uint8_t kRdbLength32 = 0x80, kRdbLength64 = 0x81;
/// Strings that are not just their bytes, in the six low bits.
inline constexpr uint8_t kRdbInteger8 = 0, kRdbInteger16 = 1, kRdbInteger32 = 2, kRdbLzf = 3;

/// What a node of a list holds.
inline constexpr uint64_t kRdbNodePlain = 1, kRdbNodePacked = 2;

/// How a number of 64 bits shows that there is none: no time to live, never, not known.
inline constexpr uint64_t kRdbNone = UINT64_MAX;

/// The field in front of a stream, once or several times, that says which messages its producers
/// have sent: kevy's own, which Redis and Valkey pass over as any field they do not know.
inline constexpr std::string_view kRdbMessagesField = "kevy-stream-messages";

/// What is behind the value in a DUMP payload: the version and the checksum.
inline constexpr unsigned kRdbFooterSize = 10;

}  // namespace kevy

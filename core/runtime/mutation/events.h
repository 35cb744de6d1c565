// Keyspace events: which classes notify-keyspace-events can turn on.
#pragma once

#include <cstdint>

namespace kevy {

enum EventClass : uint32_t {
  kEventKeyspaceChannel = 1u << 0,  // K
  kEventKeyeventChannel = 1u << 1,  // E
  kEventGeneric = 1u << 2,          // g
  kEventString = 1u << 3,           // $
  kEventList = 1u << 4,             // l
  kEventSet = 1u << 5,              // s
  kEventHash = 1u << 6,             // h
  kEventZset = 1u << 7,             // z
  kEventExpired = 1u << 8,          // x
  kEventEvicted = 1u << 9,          // e
  kEventStream = 1u << 10,          // t
  kEventKeyMiss = 1u << 11,         // m
  kEventModule = 1u << 12,          // d
  kEventNew = 1u << 13,             // n
  kEventAll = kEventGeneric | kEventString | kEventList | kEventSet | kEventHash | kEventZset |
              kEventExpired | kEventEvicted | kEventStream | kEventModule,  // A
};

}  // namespace kevy

// The key specifications that several families share. Names: how many keys, then what is done.
#pragma once

#include "runtime/dispatch/command.h"

namespace kevy {

inline constexpr KeySpec kOneReadAccess[] = {{1, 1, 1, kKeyRO | kKeyAccess}};
inline constexpr KeySpec kOneRead[] = {{1, 1, 1, kKeyRO}};
inline constexpr KeySpec kSecondRead[] = {{2, 2, 1, kKeyRO}};  // behind a subcommand
inline constexpr KeySpec kOneUpdate[] = {{1, 1, 1, kKeyRW | kKeyUpdate}};
inline constexpr KeySpec kOneInsert[] = {{1, 1, 1, kKeyRW | kKeyInsert}};
inline constexpr KeySpec kOneDelete[] = {{1, 1, 1, kKeyRW | kKeyDelete}};
inline constexpr KeySpec kOneAccessUpdate[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyUpdate}};
inline constexpr KeySpec kOneAccessDelete[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyDelete}};
inline constexpr KeySpec kOneOverwrite[] = {{1, 1, 1, kKeyOW | kKeyUpdate}};
inline constexpr KeySpec kOneOverwriteInsert[] = {{1, 1, 1, kKeyOW | kKeyInsert}};
inline constexpr KeySpec kAllRead[] = {{1, -1, 1, kKeyRO}};
inline constexpr KeySpec kAllReadAccess[] = {{1, -1, 1, kKeyRO | kKeyAccess}};
inline constexpr KeySpec kAllRemove[] = {{1, -1, 1, kKeyRM | kKeyDelete}};
inline constexpr KeySpec kSetKey[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyUpdate | kKeyVariable}};
inline constexpr KeySpec kGetexKey[] = {{1, 1, 1, kKeyRW | kKeyAccess | kKeyUpdate}};

}  // namespace kevy

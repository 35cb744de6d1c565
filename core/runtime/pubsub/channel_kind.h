// ChannelKind: what a session can subscribe to: a channel, a pattern of channels, a sharded channel.
#pragma once

#include <cstdint>

namespace kevy {

enum class ChannelKind : uint8_t { kChannel, kPattern, kSharded };

}  // namespace kevy

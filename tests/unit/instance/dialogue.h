// A dialogue: lines and the replies expected to them, on instances with few and with many shards.
#pragma once

#include <catch2/catch.hpp>
#include <utility>

#include "client.h"

namespace kevy::test {

using Dialogue = std::vector<std::pair<std::string, std::string>>;

inline std::string integer(int64_t number) { return ':' + std::to_string(number) + "\r\n"; }

inline void check_dialogue(const Dialogue& dialogue) {
  for (const uint32_t shards : {1u, 8u}) {
    const auto instance = start(shards);
    Client client(*instance);
    for (const auto& [line, reply] : dialogue) {
      INFO(line);
      CHECK(client(line) == reply);
    }
  }
}

}  // namespace kevy::test

#include "runtime/settings/eviction_policy.h"

#include "runtime/settings/configuration.h"

namespace kevy {

std::string eviction_policy(const Settings& settings) {
  const Bytes name = "maxmemory-policy";
  const auto found = settings.configuration->get({&name, 1});
  return found.empty() ? std::string() : found.front().second;
}

}  // namespace kevy

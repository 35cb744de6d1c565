// The methods of Instance that a program calls millions of times, as bare N-API functions: the
// wrapping of node-addon-api, and napi_unwrap alone, cost more than the command itself. So each
// instance has functions of its own, which carry the pointer to it.
#pragma once

#include "instance.h"

namespace kevy::node {

/// Gives `object`, whose native half is `instance`, its own functions, which keep it alive:
///   get(key): the string, or null
///   set(key, value, ttlMs?)
///   exec(...words), execBuffer(...words): the reply, its strings as text or as Buffers
///   _getInto(key, offset): writes the value to the environment's pool at `offset` and returns its
///     length; -1: no such key, -2: it does not fit
void add_hot_methods(const Napi::Object& object, Instance& instance);

}  // namespace kevy::node

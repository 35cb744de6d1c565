// The methods that a program calls millions of times, as bare N-API functions: the wrapping of
// node-addon-api, and napi_unwrap alone, cost more than the command itself. So each object has
// functions of its own, which carry the pointer to its native half and keep the object alive.
#pragma once

#include "instance.h"
#include "session.h"

namespace kevy::node {

/// Gives an Instance, as properties of its own:
///   _get(key): the string, or null
///   _set(key, value, ttlMs?)
///   _getInto(key, memory, offset): writes the value into an ArrayBuffer and returns its length;
///     -1: no such key, -2: it does not fit
///   _getEach(...keys), _getEachBuffer(...keys): GET of one after the other, as a pipeline; an
///     error in the place of a reply
/// and with a Session in common:
///   _exec(...words), _execBuffer(...words): the reply, its strings as text or as Buffers
///   _execList(words, buffers): the same for an array of words
///   _pipeline(...commands), _pipelineBuffer(...commands): an array with one reply a command; a
///     command is how many words it has, and these
///   _pipelineList(commands, buffers, atomic): the same for an array of it all; `atomic`: as one
///     transaction, undefined where a watched key was changed
void add_hot_methods(const Napi::Object& object, Instance& instance);
/// Gives a Session, beside what is above:
///   _converse(bytes, memory, offset): feed, then take into an ArrayBuffer as far as there is room;
///     how many bytes, or -1 when the session has ended and said all
void add_hot_methods(const Napi::Object& object, Session& session);

}  // namespace kevy::node

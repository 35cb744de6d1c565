#include "hot_methods.h"

#include <algorithm>
#include <cstdint>

#include "arguments.h"
#include "reply.h"

namespace kevy::node {

namespace {

constexpr size_t kFew = 8;
constexpr size_t kPipelineFew = 64;
constexpr size_t kGetsFew = 32;
constexpr size_t kLengthMax = INT32_MAX - 2;

napi_value null_of(napi_env env) {
  napi_value null = nullptr;
  napi_get_null(env, &null);
  return null;
}

napi_value number_of(napi_env env, int32_t number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

// ---- One key -----------------------------------------------------------------------------------

// A value too long for the scratch memory: the reply's own bytes save a copy.
napi_value get_long(Instance& instance, std::string_view key) {
  const char* const argv[] = {"GET", key.data()};
  const size_t sizes[] = {3, key.size()};
  kevy_reply* reply = nullptr;
  check(kevy_exec(instance.handle(), 2, argv, sizes, &reply));
  const ReplyPtr owner(reply);
  return instance.environment().tape().of_reply(reply, Strings::kText, instance.integers());
}

napi_value get(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Instance, 1> arguments(env, info);
  Instance& instance = arguments.owner();
  Environment& environment = instance.environment();
  return guarded(environment, [&]() -> napi_value {
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    size_t size = 0;
    const kevy_status status = kevy_get(instance.handle(), key.data(), key.size(),
                                        environment.scratch(), Environment::kScratch, &size);
    if (status == KEVY_OK) return text_of(env, {environment.scratch(), size});
    if (status == KEVY_NOT_FOUND) return null_of(env);
    if (status == KEVY_TRUNCATED) return get_long(instance, key);
    fail(status);
  });
}

int64_t ttl_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  if (type == napi_undefined) return 0;
  constexpr double kMax = 9007199254740991.0;
  double given = 0;
  napi_get_value_double(env, value, &given);
  if (!(given >= 1 && given <= kMax) || given != static_cast<double>(static_cast<int64_t>(given))) {
    throw Failure{Failure::kRangeError,
                  "the time to live is a whole number of milliseconds above 0"};
  }
  return static_cast<int64_t>(given);
}

napi_value set(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Instance, 3> arguments(env, info);
  Instance& instance = arguments.owner();
  return guarded(instance.environment(), [&]() -> napi_value {
    Arena& arena = instance.environment().words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    const std::string_view value = bytes_of(env, arguments[1], arena);
    const int64_t ttl_ms = arguments.count() > 2 ? ttl_of(env, arguments[2]) : 0;
    check(
        kevy_set(instance.handle(), key.data(), key.size(), value.data(), value.size(), 0, ttl_ms));
    instance.account()->ran(key.size() + value.size());
    return nullptr;
  });
}

// How many bytes of the memory the value took; -1 where there is no key. A value that does not fit,
// or is too long to share memory, is not read: -2 and below that its length.
napi_value get_into(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Instance, 3> arguments(env, info);
  Instance& instance = arguments.owner();
  Environment& environment = instance.environment();
  return guarded(environment, [&]() -> napi_value {
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view key = bytes_of(env, arguments[0], arena);
    // Asked for each time: the memory may have been transferred to someone else since the last.
    void* memory = nullptr;
    size_t room = 0;
    if (napi_get_arraybuffer_info(env, arguments[1], &memory, &room) != napi_ok) {
      refuse("not an ArrayBuffer");
    }
    uint32_t offset = 0;
    napi_get_value_uint32(env, arguments[2], &offset);
    if (memory == nullptr || offset > room) return number_of(env, -2);
    room = std::min(room - offset, Pool::kPieceMax);
    size_t size = 0;
    const kevy_status status = kevy_get(instance.handle(), key.data(), key.size(),
                                        static_cast<char*>(memory) + offset, room, &size);
    if (status == KEVY_OK) return number_of(env, static_cast<int32_t>(size));
    if (status == KEVY_NOT_FOUND) return number_of(env, -1);
    if (status == KEVY_TRUNCATED)
      return number_of(env, -2 - static_cast<int32_t>(std::min(size, kLengthMax)));
    fail(status);
  });
}

// ---- Any command -------------------------------------------------------------------------------

kevy_status run_words(Instance& instance, const Words& words, kevy_reply** reply) {
  return kevy_exec(instance.handle(), words.count(), words.data(), words.sizes(), reply);
}

kevy_status run_words(Session& session, const Words& words, kevy_reply** reply) {
  return kevy_session_exec(session.handle(), words.count(), words.data(), words.sizes(), reply);
}

kevy_status run_commands(Instance& instance, std::span<const size_t> argc, const Words& words,
                         uint32_t flags, kevy_reply** reply) {
  return kevy_pipeline(instance.handle(), argc.size(), argc.data(), words.data(), words.sizes(),
                       flags, reply);
}

kevy_status run_commands(Session& session, std::span<const size_t> argc, const Words& words,
                         uint32_t flags, kevy_reply** reply) {
  return kevy_session_pipeline(session.handle(), argc.size(), argc.data(), words.data(),
                               words.sizes(), flags, reply);
}

template <typename Owner>
napi_value run(Owner& owner, std::span<const napi_value> values, Strings strings) {
  if (values.empty()) refuse("a command has at least its verb");
  Environment& environment = owner.environment();
  Words& words = environment.words();
  words.clear();
  words.add_all(environment.env(), values);
  kevy_reply* reply = nullptr;
  check(run_words(owner, words, &reply));
  const ReplyPtr kept(reply);
  owner.account()->ran(words.bytes());
  return environment.tape().of_reply(reply, strings, owner.integers());
}

template <typename Owner, Strings kStrings>
napi_value exec(napi_env env, napi_callback_info info) noexcept {
  Arguments<Owner, kFew> arguments(env, info);
  Owner& owner = arguments.owner();
  return guarded(owner.environment(), [&] { return run(owner, arguments.all(), kStrings); });
}

template <typename Owner>
napi_value exec_list(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Owner, 2> arguments(env, info);
  Owner& owner = arguments.owner();
  return guarded(owner.environment(), [&] {
    bool buffers = false;
    napi_get_value_bool(env, arguments[1], &buffers);
    return run(owner, elements_of(env, arguments[0]), buffers ? Strings::kBuffers : Strings::kText);
  });
}

// Takes the words of each command, behind how many they are, out of `values`.
void read_commands(napi_env env, std::span<const napi_value> values, std::vector<size_t>& argc,
                   Words& words) {
  while (!values.empty()) {
    uint32_t count = 0;
    napi_get_value_uint32(env, values[0], &count);
    if (count == 0 || count >= values.size()) refuse("the commands' lengths do not add up");
    argc.push_back(count);
    words.add_all(env, values.subspan(1, count));
    values = values.subspan(1 + size_t{count});
  }
}

template <typename Owner>
napi_value run_pipeline(Owner& owner, std::span<const napi_value> values, uint32_t flags,
                        Strings strings) {
  Environment& environment = owner.environment();
  Words& words = environment.words();
  words.clear();
  std::vector<size_t> argc;
  argc.reserve(values.size() / 2);
  read_commands(environment.env(), values, argc, words);
  kevy_reply* reply = nullptr;
  check(run_commands(owner, argc, words, flags, &reply));
  const ReplyPtr kept(reply);
  owner.account()->ran(words.bytes());
  return environment.tape().of_reply(reply, strings, owner.integers());
}

template <typename Owner, Strings kStrings>
napi_value pipeline(napi_env env, napi_callback_info info) noexcept {
  Arguments<Owner, kPipelineFew> arguments(env, info);
  Owner& owner = arguments.owner();
  return guarded(owner.environment(),
                 [&] { return run_pipeline(owner, arguments.all(), 0, kStrings); });
}

// The commands in an array, whether strings become Buffers, whether it is one transaction.
template <typename Owner>
napi_value pipeline_list(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Owner, 3> arguments(env, info);
  Owner& owner = arguments.owner();
  return guarded(owner.environment(), [&] {
    bool buffers = false;
    bool atomic = false;
    napi_get_value_bool(env, arguments[1], &buffers);
    napi_get_value_bool(env, arguments[2], &atomic);
    const uint32_t flags = atomic ? uint32_t{KEVY_PIPELINE_ATOMIC} : 0;
    return run_pipeline(owner, elements_of(env, arguments[0]), flags,
                        buffers ? Strings::kBuffers : Strings::kText);
  });
}

void get_unusual(Instance& instance, std::string_view key, kevy_status status, Tape& tape) {
  if (status == KEVY_WRONG_TYPE) return tape.add_error(kWrongType);
  if (status != KEVY_TRUNCATED) fail(status);
  const char* const argv[] = {"GET", key.data()};
  const size_t sizes[] = {3, key.size()};
  kevy_reply* reply = nullptr;
  check(kevy_exec(instance.handle(), 2, argv, sizes, &reply));
  const ReplyPtr kept(reply);
  tape.add_reply(reply);
}

// The reply to GET of one of several keys goes to the tape.
void get_one(Instance& instance, std::string_view key, Tape& tape) {
  const std::span<char> room = tape.room();
  size_t size = 0;
  const kevy_status status =
      kevy_get(instance.handle(), key.data(), key.size(), room.data(), room.size(), &size);
  if (status == KEVY_OK) return tape.add_written(size);
  if (status == KEVY_NOT_FOUND) return tape.add_null();
  get_unusual(instance, key, status, tape);
}

template <Strings kStrings>
napi_value get_each(napi_env env, napi_callback_info info) noexcept {
  Arguments<Instance, kGetsFew> arguments(env, info);
  Instance& instance = arguments.owner();
  Environment& environment = instance.environment();
  return guarded(environment, [&]() -> napi_value {
    Tape& tape = environment.tape();
    Words& keys = environment.words();
    keys.clear();
    keys.add_all(env, arguments.all());
    tape.begin(kStrings, keys.count());
    for (size_t i = 0; i < keys.count(); ++i) {
      get_one(instance, {keys.data()[i], keys.sizes()[i]}, tape);
    }
    return tape.finish();
  });
}

// ---- RESP --------------------------------------------------------------------------------------

// How many bytes the answer has; -1 once the session has ended and said all.
napi_value converse(napi_env env, napi_callback_info info) noexcept {
  const Arguments<Session, 3> arguments(env, info);
  Session& session = arguments.owner();
  Environment& environment = session.environment();
  return guarded(environment, [&]() -> napi_value {
    Arena& arena = environment.words().arena();
    arena.clear();
    const std::string_view said = bytes_of(env, arguments[0], arena);
    void* memory = nullptr;
    size_t room = 0;
    if (napi_get_arraybuffer_info(env, arguments[1], &memory, &room) != napi_ok) {
      refuse("not an ArrayBuffer");
    }
    uint32_t offset = 0;
    napi_get_value_uint32(env, arguments[2], &offset);
    room = memory == nullptr || offset > room ? 0 : room - offset;
    size_t size = 0;
    const kevy_status status =
        kevy_session_converse(session.handle(), said.data(), said.size(),
                              static_cast<char*>(memory) + (room == 0 ? 0 : offset), room, &size);
    if (status == KEVY_CLOSED) return number_of(env, -1);
    check(status);
    session.account()->ran(said.size());
    return number_of(env, static_cast<int32_t>(size));
  });
}

// ---- The functions -----------------------------------------------------------------------------

struct HotMethod {
  const char* name;
  napi_callback function;
};

constexpr HotMethod kInstanceMethods[] = {{"_get", get},
                                          {"_set", set},
                                          {"_getInto", get_into},
                                          {"_getEach", get_each<Strings::kText>},
                                          {"_getEachBuffer", get_each<Strings::kBuffers>}};
constexpr HotMethod kSessionMethods[] = {{"_converse", converse}};

template <typename Owner>
constexpr HotMethod kCommonMethods[] = {
    {"_exec", exec<Owner, Strings::kText>},
    {"_execBuffer", exec<Owner, Strings::kBuffers>},
    {"_execList", exec_list<Owner>},
    {"_pipeline", pipeline<Owner, Strings::kText>},
    {"_pipelineBuffer", pipeline<Owner, Strings::kBuffers>},
    {"_pipelineList", pipeline_list<Owner>},
};

void add(const Napi::Object& object, std::span<const HotMethod> methods, void* owner) {
  const Napi::Env env = object.Env();
  for (const HotMethod& method : methods) {
    napi_value function = nullptr;
    napi_property_descriptor keeps{};
    keeps.utf8name = "owner";
    keeps.value = object;
    napi_property_descriptor has{};
    has.utf8name = method.name;
    has.attributes = napi_default_method;
    if (napi_create_function(env, method.name, NAPI_AUTO_LENGTH, method.function, owner,
                             &function) != napi_ok) {
      throw Napi::Error::New(env);
    }
    has.value = function;
    if (napi_define_properties(env, function, 1, &keeps) != napi_ok ||
        napi_define_properties(env, object, 1, &has) != napi_ok) {
      throw Napi::Error::New(env);
    }
  }
}

}  // namespace

void add_hot_methods(const Napi::Object& object, Instance& instance) {
  add(object, kInstanceMethods, &instance);
  add(object, kCommonMethods<Instance>, &instance);
}

void add_hot_methods(const Napi::Object& object, Session& session) {
  add(object, kSessionMethods, &session);
  add(object, kCommonMethods<Session>, &session);
}

}  // namespace kevy::node

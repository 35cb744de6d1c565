#include "instance/instance.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/c_locale.h"
#include "base/descriptor.h"
#include "command/families.h"
#include "instance/directives.h"
#include "resp/discarded_reply.h"
#include "script/commands/families.h"

namespace kevy {

namespace {

const CommandTable& command_table() {
  static const CommandTable table([] {
    const auto families = all_commands();
    std::vector<CommandFamily> all(families.begin(), families.end());
    for (const CommandFamily& family : {eval_commands(), script_commands(), function_commands()})
      all.push_back(family);
    return all;
  }());
  return table;
}

Error invalid(std::string message) { return {Error::Kind::kInvalid, std::move(message)}; }

}  // namespace

Instance::Instance(RuntimeOptions options, uint32_t threads)
    : runtime_(command_table(), options, settings_),
      scripts_(runtime_),
      housekeeping_(runtime_, save_rules_),
      network_(runtime_, threads) {
  runtime_.set_scripts(&scripts_);
  runtime_.set_payload(&payload_);
  runtime_.set_append_only(&append_only_);
  runtime_.set_snapshots(&snapshots_);
  runtime_.set_shutdown(&shutdown_notice_);
  runtime_.set_migrations(&migrator_);
  add_directives(configuration_, settings_, options.databases);
  add_persistence_directives(configuration_, settings_, persistence_);
  add_snapshot_directives(configuration_, settings_, snapshot_options_);
  configuration_.add("save", save_rules_.directive());
  runtime_.set_on_first_expiry([this] { return housekeeping_.wake(); });
  runtime_.spans().set_ask([this] { return housekeeping_.wake(); });
  runtime_.lazy_free().set_wake([this] { return housekeeping_.wake(); });
  runtime_.set_serve_others([this] { network_.serve_others(); });
  runtime_.deadlines().set_wake([this] { return housekeeping_.look_at_time(); });
  runtime_.late_keys().set_wake([this] { return housekeeping_.wake(); });
  configuration_.set_on_change([this] {
    network_.settings_changed();
    append_only_.settings_changed();
    snapshots_.settings_changed();
    if (save_rules_.acts()) housekeeping_.look_at_time();
    runtime_.update_observing();
    if (runtime_.tracking().keys() != 0) housekeeping_.wake();
  });
}

Instance::~Instance() { static_cast<void>(shut_down()); }

Status Instance::shut_down() noexcept {
  runtime_.script_status().end_now();
  network_.stop();
  delivery_.stop();
  housekeeping_.stop();
  runtime_.kill_all();
  migrator_.stop();
  snapshots_.stop();
  Status saved = save_at_the_end();
  append_only_.stop();
  runtime_.discard_data();
  return saved;
}

// Nothing changes any more. Where loading was not finished the rules have not begun.
Status Instance::save_at_the_end() noexcept {
  const Shutdown::Saving saving = shutdown_notice_.saving();
  const bool wanted = saving == Shutdown::Saving::kAlways ||
                      (saving == Shutdown::Saving::kByRules && save_rules_.any());
  if (!save_rules_.end() || !wanted || runtime_.changes() == snapshots_.state().changes_saved)
    return Done{};
  return snapshots_.save_at_the_end();
}

Result<std::unique_ptr<Instance>> Instance::start(const InstanceOptions& options) {
  RuntimeOptions runtime;
  runtime.shards = options.shards == 0 ? kShardsDefault : options.shards;
  runtime.databases = options.databases == 0 ? kDatabasesDefault : options.databases;
  if (runtime.shards > kShardsMax) return invalid("shards: at most 4096");
  if (runtime.databases > kDatabasesMax) return invalid("databases: at most 65536");
  if (options.threads > kThreadsMax) return invalid("threads: at most 1024");
  const uint32_t protocol = options.protocol == 0 ? 2 : options.protocol;
  if (protocol != 2 && protocol != 3) return invalid("protocol: 2 or 3");
  std::unique_ptr<Instance> instance(new Instance(runtime, options.threads));
  instance->settings_.protocol_default.store(static_cast<int>(protocol));
  if (Status configured = instance->configure(options); !configured) return configured.error();
  if (Status listening = instance->listen(options); !listening) return listening.error();
  if (Status loaded = instance->load(options); !loaded) return loaded.error();
  return instance;
}

Status Instance::configure(const InstanceOptions& options) {
  for (const auto& [name, value] : options.directives) {
    if (!configuration_.has(name)) return invalid("unknown directive '" + name + "'");
    if (const auto wrong = configuration_.set({{name, value}})) {
      return invalid(wrong->first + ": " + wrong->second);
    }
  }
  const bool has_directory = !persistence_.place.directory.empty();
  if (persistence_.append_only && !has_directory) {
    return invalid("appendonly: it needs a directory: set dir");
  }
  if (Status ruled = save_rules_.start(has_directory); !ruled) return ruled;
  if (Status there = check_directory(); !there) return there;
  fix_directives();
  return Done{};
}

Status Instance::check_directory() const {
  const std::string& path = persistence_.place.directory;
  if (path.empty()) return Done{};
  const Descriptor directory(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory) return Done{};
  const int code = errno;
  return Error{Error::Kind::kSystem, "dir '" + path + "': " + error_text(code), code};
}

// What is said of files is said once, before anybody can say otherwise.
void Instance::fix_directives() {
  snapshot_options_.started = true;
  persistence_.started = true;
  snapshots_.set_place(persistence_.place.directory, snapshot_options_.name);
  append_only_.set_place(persistence_.place, [this] {
    network_.disk_moved();
    migrator_.disk_moved();
    runtime_.end_log_waits();
  });
  persistence_.turn_append_only = [this](bool on) -> std::optional<std::string> {
    if (runtime_.loading()) return std::string(kLoadingText);
    return append_only_.turn(on);
  };
  persistence_.append_only_wanted = [this] {
    return runtime_.loading() ? persistence_.append_only : append_only_.wanted();
  };
}

// Whoever connects waits until he is served.
Status Instance::listen(const InstanceOptions& options) {
  runtime_.begin_loading();
  if (options.on_shutdown != nullptr) {
    if (Status started = delivery_.start(); !started) return started;
    shutdown_notice_.set(options.on_shutdown, options.shutdown_user);
  }
  shutdown_notice_.begin_loading(options.cancel);
  for (const auto& [address, optional] : options.listen) {
    auto listener = Listener::open(address, options.listen_options);
    if (listener) {
      waiting_listeners_.push_back(std::move(*listener));
    } else if (!optional) {
      return listener.error();
    }
  }
  return Done{};
}

Status Instance::serve() {
  for (auto& listener : std::exchange(waiting_listeners_, {})) {
    const auto served = network_.serve(std::move(listener));
    if (!served) return served.error();
  }
  return Done{};
}

// So that nobody sees it who comes to one that has little to read, clients are served from when
// some has been read and there is more.
Status Instance::load(const InstanceOptions& options) {
  constexpr uint64_t kLittle = uint64_t{64} << 10;
  Status serving = Done{};
  const Progress progress = [&](uint64_t done, uint64_t total) {
    runtime_.load_state().note(done, total);
    if (done >= kLittle && done < total && !waiting_listeners_.empty()) serving = serve();
    if (!serving || shutdown_notice_.ends_loading()) return false;
    return !options.progress || options.progress(done, total);
  };
  // What the append-only file has is later than any snapshot.
  Status loaded = persistence_.append_only ? load_append_only(progress) : load_snapshot(progress);
  if (!serving) return serving;
  // A script that was ended is an error of the file.
  if (!loaded) return shutdown_notice_.ends_loading() ? Status(cancelled()) : loaded;
  if (Status begun = begin_save_rules(); !begun) return begun;
  runtime_.end_loading();
  if (shutdown_notice_.end_loading()) return cancelled();
  return serve();
}

Status Instance::load_append_only(const Progress& progress) {
  if (Status started = append_only_.start(progress); !started) return started;
  forget_statistics();
  return Done{};
}

// What was replayed was nobody's command (runtime/session/loads_files.h). Keys that it looked for
// and those that expired meanwhile are counted on shards, which clients do not come to while it
// goes on.
void Instance::forget_statistics() {
  Turn turn(runtime_);
  for (uint32_t i = 0; i < runtime_.shard_count(); ++i) {
    turn.hold(runtime_.shard(i));
    runtime_.shard(i).statistics = {};
  }
}

Status Instance::load_snapshot(const Progress& progress) {
  std::vector<std::string> libraries;
  if (Status read = snapshots_.read_at_start(progress, libraries); !read) return read;
  for (const std::string& code : libraries) {
    const Bytes words[] = {"FUNCTION", "LOAD", "REPLACE", code};
    DiscardedReply reply;
    Turn turn(runtime_);
    runtime_.execute(turn, runtime_.stateless(), words, reply);
    if (reply.errors() != 0) return invalid("dbfilename: a library of functions can not be loaded");
  }
  snapshots_.note_all_loaded();
  return Done{};
}

Status Instance::begin_save_rules() {
  save_rules_.begin();
  if (!save_rules_.acts() || housekeeping_.look_at_time()) return Done{};
  save_rules_.end();
  return Error{Error::Kind::kSystem, "save: no thread could be started to look after it", errno};
}

void Instance::advance_clock(int64_t delta_ms) {
  runtime_.clock().advance(delta_ms * 1000);
  clock_changed();
}

void Instance::freeze_clock(int64_t unix_us) {
  runtime_.clock().freeze(unix_us);
  clock_changed();
}

void Instance::resume_clock() {
  runtime_.clock().resume();
  clock_changed();
}

// Keys go before waits: nothing else is to be seen.
void Instance::clock_changed() {
  runtime_.expire_all();
  housekeeping_.end_due_waits();
  if (runtime_.deadlines().any() || save_rules_.acts()) housekeeping_.look_at_time();
}

}  // namespace kevy

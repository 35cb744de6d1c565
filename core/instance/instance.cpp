#include "instance/instance.h"

#include "command/families.h"
#include "instance/directives.h"

namespace kevy {

namespace {

const CommandTable& command_table() {
  static const CommandTable table(all_commands());
  return table;
}

Error invalid(std::string message) { return {Error::Kind::kInvalid, std::move(message)}; }

}  // namespace

Instance::Instance(RuntimeOptions options, uint32_t threads)
    : runtime_(command_table(), options, settings_),
      housekeeping_(runtime_),
      network_(runtime_, threads) {
  add_directives(configuration_, settings_, options.databases);
  runtime_.set_on_first_expiry([this] { return housekeeping_.wake(); });
  runtime_.spans().set_ask([this] { return housekeeping_.wake(); });
  runtime_.lazy_free().set_wake([this] { return housekeeping_.wake(); });
  configuration_.set_on_change([this] { network_.settings_changed(); });
}

Instance::~Instance() { shut_down(); }

void Instance::shut_down() noexcept {
  network_.stop();
  delivery_.stop();
  housekeeping_.stop();
  runtime_.kill_all();
  runtime_.discard_data();
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
  for (const auto& [name, value] : options.directives) {
    if (!instance->configuration_.has(name)) return invalid("unknown directive '" + name + "'");
    if (const auto wrong = instance->configuration_.set({{name, value}})) {
      return invalid(wrong->first + ": " + wrong->second);
    }
  }
  return instance;
}

void Instance::advance_clock(int64_t delta_ms) {
  runtime_.clock().advance(delta_ms * 1000);
  runtime_.expire_all();
}

}  // namespace kevy

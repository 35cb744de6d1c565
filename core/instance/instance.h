// Instance: the composition root. Puts the command table, the runtime, the configuration and
// housekeeping together, and takes them apart in the right order.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel_flag.h"
#include "base/result.h"
#include "instance/delivery.h"
#include "instance/housekeeping.h"
#include "instance/persistence_directives.h"
#include "instance/save_rules.h"
#include "instance/shutdown_notice.h"
#include "instance/snapshot_directives.h"
#include "net/migration/migrator.h"
#include "net/network.h"
#include "persist/aof/append_only_file.h"
#include "persist/rdb/payload.h"
#include "persist/snapshot/snapshot_files.h"
#include "runtime/runtime.h"
#include "runtime/settings/configuration.h"
#include "runtime/settings/settings.h"
#include "script/engine.h"

namespace kevy {

struct InstanceOptions {
  struct Listen {
    Address address;
    bool optional = false;  // the instance starts also where it can not listen there
  };

  uint32_t shards = 0;
  uint32_t databases = 0;
  uint32_t protocol = 0;
  uint32_t threads = 0;
  std::vector<std::pair<std::string, std::string>> directives;
  std::vector<Listen> listen;  // from before files are read on
  Listener::Options listen_options;
  Progress progress;  // of the files that are read
  ShutdownNotice::Callback on_shutdown = nullptr;
  void* shutdown_user = nullptr;
  CancelFlag cancel;  // of the start
};

class Instance {
 public:
  static constexpr uint32_t kShardsDefault = 16, kShardsMax = 4096;
  static constexpr uint32_t kDatabasesDefault = 16, kDatabasesMax = 1 << 16;
  static constexpr uint32_t kThreadsMax = 1024;

  /// Checks the options, and reads the files that they name; clients that connect meanwhile are
  /// answered LOADING. kInvalid names the option or the file at fault, ECANCELED: SHUTDOWN,
  /// `progress` or `cancel` has ended it.
  static Result<std::unique_ptr<Instance>> start(const InstanceOptions& options);
  ~Instance();

  /// Ends the threads and every session, saves if SHUTDOWN or the `save` rules say so and there
  /// were changes since, and frees the data; what still runs a command finishes it. Takes no memory
  /// but to save. Returns how saving went; the rest is done whatever came of that.
  Status shut_down() noexcept;

  Runtime& runtime() noexcept { return runtime_; }
  Settings& settings() noexcept { return settings_; }
  Configuration& configuration() noexcept { return configuration_; }
  Delivery& delivery() noexcept { return delivery_; }
  Network& network() noexcept { return network_; }
  ShutdownNotice& shutdown_notice() noexcept { return shutdown_notice_; }
  /// Move the clock, remove what has expired by it and end the waits that were until then.
  void advance_clock(int64_t delta_ms);
  void freeze_clock(int64_t unix_us);
  void resume_clock();

 private:
  Instance(RuntimeOptions options, uint32_t threads);
  Status configure(const InstanceOptions& options);
  Status check_directory() const;
  void fix_directives();
  Status listen(const InstanceOptions& options);
  Status serve();
  Status load(const InstanceOptions& options);
  Status load_append_only(const Progress& progress);
  Status load_snapshot(const Progress& progress);
  Status begin_save_rules();
  Status save_at_the_end() noexcept;
  void forget_statistics();
  void clock_changed();

  Settings settings_;
  Configuration configuration_;
  PersistenceOptions persistence_;
  Runtime runtime_;
  ScriptEngine scripts_;
  AppendOnlyFile append_only_{runtime_, scripts_};
  RdbPayload payload_{settings_};
  SnapshotOptions snapshot_options_;
  SnapshotFiles snapshots_{runtime_, scripts_};
  SaveRules save_rules_{runtime_, snapshots_};
  Housekeeping housekeeping_;
  Delivery delivery_;
  ShutdownNotice shutdown_notice_{delivery_, runtime_.script_status()};
  Network network_;
  std::vector<std::unique_ptr<Listener>> waiting_listeners_;  // until serve()
  Migrator migrator_{runtime_};
};

}  // namespace kevy

// A directory with an append-only file in it, which goes with the test, and instances that load it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "instance/instance.h"
#include "runtime/persistence/append_only.h"
#include "temporary_folder.h"
#include "unit/instance/client.h"

namespace kevy::test {

class LogDirectory {
 public:
  std::filesystem::path path() const { return folder_.place(); }
  std::filesystem::path folder() const { return path() / "appendonlydir"; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder());
    std::ofstream(folder() / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(folder() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  /// One increment with this in it, as the manifest says.
  void write_increment(const std::string& text) const {
    write("appendonly.aof.manifest", "file " + std::string(kIncrement) + " seq 1 type i\n");
    write(kIncrement, text);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      all.push_back(entry.path().filename().string());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  using Directives = std::vector<std::pair<std::string, std::string>>;
  /// With the append-only file on.
  Result<std::unique_ptr<Instance>> start(Directives more = {}) const {
    more.insert(more.begin(), {"appendonly", "yes"});
    return start_off(std::move(more));
  }
  Result<std::unique_ptr<Instance>> start_off(Directives more = {}) const {
    InstanceOptions options;
    options.shards = 2;
    options.directives = std::move(more);
    options.directives.insert(options.directives.begin(), {"dir", folder_.path()});
    return Instance::start(options);
  }
  /// What is wrong with the files.
  std::string refusal(Directives more = {}) const {
    auto started = start(std::move(more));
    return started ? std::string() : started.error().message;
  }

  static constexpr const char* kIncrement = "appendonly.aof.1.incr.aof";

 private:
  TemporaryFolder folder_{"kevy-log"};
};

/// Waits until a new base is made, or the file is turned on or off.
inline void finish_jobs(Instance& instance) {
  while (instance.runtime().append_only()->state().rewriting) {
    std::this_thread::yield();
  }
}

}  // namespace kevy::test

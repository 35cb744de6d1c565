// A folder for one test, which goes with it.
#pragma once

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>

namespace kevy::test {

class TemporaryFolder {
 public:
  /// `name`: what its name begins with.
  explicit TemporaryFolder(const std::string& name) {
    std::string made = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
    if (::mkdtemp(made.data()) == nullptr) throw std::runtime_error("no folder could be made");
    path_ = made;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& place() const noexcept { return path_; }
  std::string path() const { return path_.string(); }
  std::string at(const char* name) const { return (path_ / name).string(); }
  /// How many there are in it.
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace kevy::test

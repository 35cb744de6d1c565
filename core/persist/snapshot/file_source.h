// FileSource: a file that is read from its beginning to its end. One thread; waits for the disk.
#pragma once

#include <cstdint>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "persist/rdb/reader.h"

namespace kevy {

/// Bytes of a file; 0 where that can not be told.
uint64_t size_of_file(const std::string& path) noexcept;

class FileSource final : public RdbSource {
 public:
  explicit FileSource(std::string path) : path_(std::move(path)) {}

  /// False: there is no such file. What is there and is no regular file is an error.
  Result<bool> open();
  size_t read(char* to, size_t size) override;
  /// Why reading ended, if that was not the end of the file: an errno.
  int code() const noexcept { return code_; }
  Error error() const;
  const std::string& path() const noexcept { return path_; }

 private:
  const std::string path_;
  Descriptor file_;
  int code_ = 0;
};

}  // namespace kevy

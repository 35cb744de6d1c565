// NewFile: a file that is written beside the one whose place it is to take, so that whoever looks,
// even after a crash, finds the old one or all of the new one. Where anything fails it is removed,
// and the old one is as it was.
//
// One thread. write() and commit() wait for the disk.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "base/descriptor.h"
#include "base/result.h"
#include "persist/rdb/writer.h"

namespace kevy {

class NewFile final : public RdbSink {
 public:
  /// `directory` outlives it. `cancelled`, if not nullptr, ends the writing when it becomes true; if that
  /// becomes so with `naming` held, the file does not get its name after that.
  NewFile(const std::string& directory, std::string name, const std::atomic<bool>* cancelled,
          std::mutex* naming = nullptr)
      : directory_(directory), name_(std::move(name)), cancelled_(cancelled), naming_(naming) {}
  ~NewFile() override;

  Status open();
  bool write(Bytes bytes) override;
  bool rewrite_start(Bytes bytes) override;
  /// Why a write failed.
  Error error() const { return error_; }
  /// Brings it to the disk, and to its place.
  Status commit();

 private:
  bool write_at(Bytes bytes, int64_t at);
  bool was_cancelled();
  Status take_name();
  Error failed(const char* what) const;
  std::string path(const std::string& name) const { return directory_ + '/' + name; }

  const std::string& directory_;
  const std::string name_;
  const std::atomic<bool>* const cancelled_;
  std::mutex* const naming_;
  std::string temporary_;  // its path, so that removing it takes no memory; empty: there is none
  Descriptor file_;
  int64_t size_ = 0;
  Error error_{Error::Kind::kSystem, {}, 0};
};

}  // namespace kevy

// What the append-only file asks of the file system, with errors that say which file. Names are
// relative to a directory that is open, so nothing follows the process's working directory. One
// thread; every call may wait for the disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "base/result.h"

namespace kevy {

/// What an errno means, in the words that Redis' users know.
std::string system_text(int code);
Error system_error(const std::string& what, int code);

/// Opens a directory, which is made where it is not there, and is there after a crash then.
Result<Descriptor> open_directory(int at, const std::string& name);
/// Opens a file to read it. What is no regular file is refused, and not waited for.
Result<Descriptor> open_to_read(int directory, const std::string& name);
/// Opens a file to append to it; makes it where it is not there.
Result<Descriptor> open_to_append(int directory, const std::string& name);
/// The whole of a file. Nothing in it and `found` false: there is none.
Result<std::string> read_file(int directory, const std::string& name, bool& found);
/// Puts a file with this text in the place of another, or of none: whoever looks, even after a
/// crash, finds one or the other.
Status replace_file(int directory, const std::string& name, Bytes text);
Result<std::vector<std::string>> names_in_directory(int directory);
/// What was made, renamed or removed in it is so after a crash.
Status sync_directory(int directory);
/// All of it.
Status write_all(int file, Bytes bytes, const std::string& name);
/// What is there from `begin` on, which lies in `buffer`: `size` bytes, or those up to the file's end.
/// The error has a code and no text.
Result<Bytes> read_at(int file, uint64_t begin, size_t size, std::string& buffer);
Result<uint64_t> size_of_file(int file, const std::string& name);

}  // namespace kevy

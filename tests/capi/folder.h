// A folder of a test's own, and the bytes of the files in it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "../temporary_folder.h"

struct Folder : kevy::test::TemporaryFolder {
  Folder() : TemporaryFolder("kevy-files") {}
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

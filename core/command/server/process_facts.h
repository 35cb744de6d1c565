// What INFO tells of the process that an instance is a part of, and of the machine: asked of the
// system each time. What the system does not tell is empty or zero.
//
// Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace kevy {

/// As "Linux 6.1.0 x86_64".
std::string system_name();
/// The path of the program.
std::string program_path();
uint64_t resident_bytes() noexcept;
uint64_t system_memory_bytes() noexcept;

/// Of the processor, in microseconds.
struct ProcessorTime {
  int64_t system_us = 0, user_us = 0;
};
/// All threads of the process.
ProcessorTime processor_time() noexcept;
/// Those of its children that have ended and were waited for.
ProcessorTime processor_time_of_children() noexcept;

}  // namespace kevy

// Commands of all kinds, one behind another, and what each is to have done by what it was answered.
#pragma once

#include <functional>

#include "function_cases.h"

namespace kevy::test {

/// Longer than what is kept with its key.
const std::string& big_value();

using RunPipeline =
    std::function<kevy_status(size_t count, const size_t* argc, const char* const* argv)>;
kevy_status with_piped_commands(const RunPipeline& run);
/// Each reply says what became of its command. Frees them.
void check_pipeline(World& world);

}  // namespace kevy::test

// LATENCY GRAPH's picture: a column for each second that had a spike, and how long ago it was below
// it.
#pragma once

#include <string>

#include "runtime/observing/latency.h"

namespace kevy {

/// The event has a sample.
std::string latency_graph(Bytes name, const Latency::Event& event, int64_t now_s);

}  // namespace kevy

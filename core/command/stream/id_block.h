// IDS numids id [id ...], which XDELEX, XACKDEL and XNACK have among their options.
#pragma once

#include <vector>

#include "command/stream/arguments.h"

namespace kevy {

struct StreamIdBlock {
  std::vector<StreamId> ids;
  bool given = false;
};

/// Reads the words behind IDS; false, and the error is answered, when they are wrong.
bool read_id_block(Call& call, Options& options, StreamIdBlock& block);

}  // namespace kevy

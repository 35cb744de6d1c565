// The HELP subcommand of a verb: a heading, then a line or two for each of its subcommands, made
// from the table.
#pragma once

#include "runtime/dispatch/call.h"

namespace kevy {

/// A handler for `VERB HELP`.
void help(Call& call);

}  // namespace kevy

// CLIENT INFO, LIST and KILL: what is known of connections, and how they are ended.
#pragma once

#include "runtime/dispatch/call.h"

namespace kevy {

void client_info(Call& call);
void client_list(Call& call);
void client_kill(Call& call);
void client_unblock(Call& call);
void client_pause(Call& call);
void client_unpause(Call& call);

}  // namespace kevy

// The handlers of CLIENT TRACKING and its like; the rows are CLIENT's.
#pragma once

#include "base/bytes.h"

namespace kevy {

class Call;

void client_tracking(Call& call);
void client_caching(Call& call);
void client_trackinginfo(Call& call);
void client_getredir(Call& call);

/// Whether CLIENT TRACKING is about all changes, of which all shards have to know.
bool tracks_all(Args args);

}  // namespace kevy

#include "failure.h"

namespace kevy::node {

void fail(kevy_status status, const char* message) {
  if (status == KEVY_WRONG_TYPE) {
    throw Failure{Failure::kReply, kWrongType};
  }
  if (message == nullptr) message = kevy_last_error();
  throw Failure{status == KEVY_REFUSED ? Failure::kReply : static_cast<int>(status), message};
}

}  // namespace kevy::node

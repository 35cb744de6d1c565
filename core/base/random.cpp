#include "base/random.h"

namespace kevy {

Random& thread_random() {
  thread_local Random random;
  return random;
}

}  // namespace kevy

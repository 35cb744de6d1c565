#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/instance/client.h"

using namespace kevy;

// Those that come together are read ahead and looked up together: none may get another's key.
TEST_CASE("G2 commands of one pipeline answer as if they were sent one by one") {
  const std::vector<std::vector<std::string>> kinds = {{"SET", "a", "1"},
                                                       {"INCR", "a"},
                                                       {"INCR", "a"},
                                                       {"LPUSH", "", "x"},
                                                       {"LLEN", ""},
                                                       {"MSET", "b", "2"},
                                                       {"GET", "b"},
                                                       {"PING"},
                                                       {"GET"},
                                                       {"NOSUCH", "a"},
                                                       {"MULTI"},
                                                       {"INCR", "a"},
                                                       {"GET", "{a}b"},
                                                       {"EXEC"},
                                                       {"RESET"},
                                                       {"SELECT", "1"},
                                                       {"SET", "{a}b", "3"},
                                                       {"OBJECT", "ENCODING", "a"},
                                                       {"GET", "a"},
                                                       {"STRLEN", "{a}b"},
                                                       {"SELECT", "0"},
                                                       {"DEL", "a"},
                                                       {"SADD", "s", "m", "n"}};
  for (size_t step = 1; step < kinds.size(); step += 3) {  // another order each time
    const auto together = test::start(8), apart = test::start(8);
    test::Client pipelined(*together), patient(*apart);
    std::string all, answers;
    for (size_t i = 0; i < 3 * kinds.size(); ++i) {
      const std::string one = test::request(kinds[i * step % kinds.size()]);
      all += one;
      answers += patient(one);
    }
    CHECK(pipelined(all) == answers);
  }
}

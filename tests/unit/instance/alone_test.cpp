// What clients ask of a server that could have replicas. Valkey's ROLE counts what it would have
// sent to them, so that it can not be compared.
#include "dialogue.h"

using namespace kevy;
using namespace kevy::test;

TEST_CASE("an instance is a primary without replicas, and nothing is waited for") {
  check_dialogue({{"ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"},
                  {"SET k v", "+OK\r\n"},
                  {"WAIT 1 0", integer(0)},
                  {"WAIT 0 100", integer(0)},
                  {"WAITAOF 0 1 0", "*2\r\n:0\r\n:0\r\n"},
                  {"READONLY", "+OK\r\n"},
                  {"ASKING", "-ERR This instance has cluster support disabled\r\n"}});
}

/* Starts an instance with an append-only file in the directory that is named, and forks. Both processes
 * say so; the child lives until its input ends. */
#include <kevy.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const char* directives[] = {"dir", argv[1], "appendonly", "yes"};
  kevy_options options = KEVY_OPTIONS_INIT;
  options.directives = directives;
  options.directive_count = 2;
  kevy_instance* db = NULL;
  if (kevy_start(&options, &db) != KEVY_OK) return 1;
  const pid_t child = fork();
  char byte;
  if (child == 0) {
    if (write(1, "child\n", 6) != 6) return 1;
    return read(0, &byte, 1) == 0 ? 0 : 1;
  }
  for (;;) pause();
}

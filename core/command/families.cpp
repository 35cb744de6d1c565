#include "command/families.h"

#include <vector>

namespace kevy {

std::span<const CommandFamily> all_commands() {
  static const std::vector<CommandFamily> families = {
      string_commands(),
      counter_commands(),
      string_range_commands(),
      multi_string_commands(),
      msetex_commands(),
      increx_commands(),
      conditional_string_commands(),
      lcs_commands(),
      hash_commands(),
      hash_read_commands(),
      hash_counter_commands(),
      hash_walk_commands(),
      hash_expiry_commands(),
      hash_value_commands(),
      set_commands(),
      set_random_commands(),
      set_algebra_commands(),
      list_commands(),
      list_pop_commands(),
      list_move_commands(),
      list_search_commands(),
      sort_commands(),
      sorted_set_commands(),
      sorted_set_range_commands(),
      sorted_set_algebra_commands(),
      sorted_set_pop_commands(),
      sorted_set_scan_commands(),
      key_commands(),
      expiry_commands(),
      scan_commands(),
      rename_commands(),
      object_commands(),
      memory_commands(),
      transaction_commands(),
      pubsub_commands(),
      connection_commands(),
      client_commands(),
      database_commands(),
      server_commands(),
      debug_commands(),
      command_commands(),
  };
  return families;
}

}  // namespace kevy

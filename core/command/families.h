// The families of commands: each file of handlers offers its rows, and all_commands() names every
// family once.
#pragma once

#include <span>

#include "runtime/dispatch/command.h"

namespace kevy {

using CommandFamily = std::span<const CommandRow>;

CommandFamily string_commands();
CommandFamily counter_commands();
CommandFamily string_range_commands();
CommandFamily multi_string_commands();
CommandFamily msetex_commands();
CommandFamily increx_commands();
CommandFamily conditional_string_commands();
CommandFamily lcs_commands();
CommandFamily bitmap_commands();
CommandFamily bit_count_commands();
CommandFamily bit_operation_commands();
CommandFamily bit_field_commands();
CommandFamily hyperloglog_commands();
CommandFamily hyperloglog_debug_commands();
CommandFamily geo_commands();
CommandFamily geo_search_commands();
CommandFamily hash_commands();
CommandFamily hash_read_commands();
CommandFamily hash_counter_commands();
CommandFamily hash_walk_commands();
CommandFamily hash_expiry_commands();
CommandFamily hash_value_commands();
CommandFamily set_commands();
CommandFamily set_random_commands();
CommandFamily set_algebra_commands();
CommandFamily list_commands();
CommandFamily list_pop_commands();
CommandFamily list_move_commands();
CommandFamily list_blocking_commands();
CommandFamily list_search_commands();
CommandFamily sort_commands();
CommandFamily key_commands();
CommandFamily expiry_commands();
CommandFamily scan_commands();
CommandFamily rename_commands();
CommandFamily dump_commands();
CommandFamily migrate_commands();
CommandFamily object_commands();
CommandFamily memory_commands();
CommandFamily sorted_set_commands();
CommandFamily sorted_set_range_commands();
CommandFamily sorted_set_algebra_commands();
CommandFamily sorted_set_pop_commands();
CommandFamily sorted_set_scan_commands();
CommandFamily stream_commands();
CommandFamily stream_range_commands();
CommandFamily stream_delete_commands();
CommandFamily stream_trim_commands();
CommandFamily stream_read_commands();
CommandFamily stream_set_id_commands();
CommandFamily stream_message_commands();
CommandFamily stream_group_commands();
CommandFamily stream_read_group_commands();
CommandFamily stream_acknowledge_commands();
CommandFamily stream_pending_commands();
CommandFamily stream_claim_commands();
CommandFamily stream_auto_claim_commands();
CommandFamily stream_info_commands();
CommandFamily transaction_commands();
CommandFamily pubsub_commands();
CommandFamily connection_commands();
CommandFamily client_commands();
CommandFamily database_commands();
CommandFamily server_commands();
CommandFamily replication_commands();
CommandFamily command_log_commands();
CommandFamily latency_commands();
CommandFamily monitor_commands();
CommandFamily lolwut_commands();
CommandFamily snapshot_commands();
CommandFamily shutdown_commands();
CommandFamily debug_commands();
CommandFamily command_commands();

std::span<const CommandFamily> all_commands();

}  // namespace kevy

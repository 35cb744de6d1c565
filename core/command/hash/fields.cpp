#include "command/hash/fields.h"

#include "command/collection.h"

namespace kevy {

void log_fields(Call& call, std::initializer_list<Bytes> verb, Args fields, size_t words) {
  if (!call.logged()) return;
  char digits[kIntegerTextMax];
  std::vector<Bytes> effect(verb);
  effect.emplace_back("FIELDS");
  effect.push_back(format_int64(static_cast<int64_t>(fields.size() / words), digits));
  effect.insert(effect.end(), fields.begin(), fields.end());
  call.effect(Args(effect));
}

void report_fields_expire(Call& call, const Key& key, int64_t at_ms, Args fields) {
  if (fields.empty()) return;
  call.runtime.note_expiry();
  call.changed(key, kEventHash, "hexpire");
  char digits[kIntegerTextMax];
  log_fields(call, {"HPEXPIREAT", key.bytes, format_int64(at_ms, digits)}, fields);
}

void report_fields_removed(Call& call, const Key& key, const Hash& hash, Args fields,
                           Bytes event) {
  if (fields.empty()) return;
  call.changed(key, kEventHash, event);
  if (event == "hexpired") call.shard_of(key).statistics.expired_fields += fields.size();
  if (call.logged()) {
    std::vector<Bytes> effect = {"HDEL", key.bytes};
    effect.insert(effect.end(), fields.begin(), fields.end());
    call.effect(Args(effect));
  }
  if (hash.empty()) erase_empty(call, key);
}

}  // namespace kevy

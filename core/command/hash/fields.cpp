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

void expire_fields_at(Call& call, const Key& key, Entry* entry, int64_t at_ms, Args fields) {
  if (fields.empty()) return;
  char digits[kIntegerTextMax];
  log_fields(call, {"HPEXPIREAT", key.bytes, format_int64(at_ms, digits)}, fields);
  HashEdit edit(call.keyspace(key), key, entry);
  for (const Bytes field : fields) edit.set_expiry(field, at_ms);
  edit.commit();
  call.runtime.note_expiry();
  call.changed(key, kEventHash, "hexpire");
  call.count_as(key, fields.size());
}

void persist_fields(Call& call, const Key& key, Entry* entry, Args fields) {
  if (fields.empty()) return;
  log_fields(call, {"HPERSIST", key.bytes}, fields);
  HashEdit edit(call.keyspace(key), key, entry);
  for (const Bytes field : fields) edit.set_expiry(field, Keyspace::kNoExpiry);
  edit.commit();
  call.changed(key, kEventHash, "hpersist");
  call.count_as(key, fields.size());
}

void remove_fields(Call& call, const Key& key, Entry* entry, Args fields, Bytes event) {
  if (fields.empty()) return;
  if (call.logged()) {
    std::vector<Bytes> effect = {"HDEL", key.bytes};
    effect.insert(effect.end(), fields.begin(), fields.end());
    call.effect(Args(effect));
  }
  Hash hash(call.keyspace(key), key, entry);
  for (const Bytes field : fields) hash.erase(field);
  if (event == "hexpired") call.shard_of(key).statistics.expired_fields += fields.size();
  call.changed(key, kEventHash, event);
  call.count_as(key, fields.size());
  if (hash.empty()) erase_empty(call, key);
}

}  // namespace kevy

#include "memory_account.h"

#include <charconv>
#include <string_view>

#include "reply.h"

namespace kevy::node {

MemoryAccount::MemoryAccount(Napi::Env env, kevy_instance* instance)
    : env_(env), instance_(instance) {
  tell(kEmpty);
}

void MemoryAccount::close() noexcept {
  instance_ = nullptr;
  tell(0);
}

void MemoryAccount::tell(int64_t bytes) noexcept {
  int64_t all = 0;
  napi_adjust_external_memory(env_, bytes - told_, &all);
  told_ = bytes;
}

void MemoryAccount::measure() noexcept {
  due_ = 0;
  if (instance_ == nullptr) return;
  constexpr std::string_view kName = "used_memory:";
  const char* const argv[] = {"INFO", "memory"};
  kevy_reply* reply = nullptr;
  if (kevy_exec(instance_, 2, argv, nullptr, &reply) != KEVY_OK) return;
  const ReplyPtr owner(reply);
  const std::string_view text = bytes_in(reply);
  const size_t found = text.find(kName);
  if (found == std::string_view::npos) return;
  int64_t used = 0;
  std::from_chars(text.data() + found + kName.size(), text.data() + text.size(), used);
  tell(kEmpty + used);
}

}  // namespace kevy::node

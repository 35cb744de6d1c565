#include "instance/save_rules.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <new>

namespace kevy {

namespace {

constexpr auto kPeriod = std::chrono::seconds(1);
// So that no sum overflows.
constexpr int64_t kSecondsMax = std::numeric_limits<int32_t>::max() * int64_t{100};
constexpr int64_t kSleepMaxS = 3600;

// As the references read it: nothing is 0, and what is too large is the largest there is.
std::optional<int64_t> number(Bytes word) {
  if (word.empty()) return 0;
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
  int64_t value = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, value);
  if (stopped != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    value =
        word[0] == '-' ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return value;
}

// Words between single spaces, two a rule.
std::optional<std::vector<SaveRule>> rules_of(Bytes text) {
  std::vector<int64_t> numbers;
  for (bool more = !text.empty(); more;) {
    const size_t end = text.find(' ');
    const auto value = number(text.substr(0, end));
    if (!value) return std::nullopt;
    numbers.push_back(*value);
    more = end != Bytes::npos;
    if (more) text.remove_prefix(end + 1);
  }
  if (numbers.size() % 2 != 0) return std::nullopt;
  std::vector<SaveRule> rules;
  for (size_t i = 0; i < numbers.size(); i += 2) {
    if (numbers[i] < 1 || numbers[i + 1] < 0) return std::nullopt;
    rules.push_back({numbers[i], numbers[i + 1]});
  }
  return rules;
}

}  // namespace

Configuration::Directive SaveRules::directive() {
  return {[this] { return text(); }, [this](Bytes words) { return set(words); }};
}

std::string SaveRules::text() const {
  std::string text;
  for (const SaveRule& rule : rules()) {
    if (!text.empty()) text += ' ';
    text += std::to_string(rule.seconds) + ' ' + std::to_string(rule.changes);
  }
  return text;
}

std::optional<std::string> SaveRules::set(Bytes text) {
  auto wanted = rules_of(before_nul(text));
  if (!wanted) return "Invalid save parameters";
  std::lock_guard guard(mutex_);
  if (started_ && !has_directory_ && !wanted->empty()) {
    return "there is no directory for snapshots: start with `dir`";
  }
  if (!started_ && !wanted->empty()) wanted->insert(wanted->begin(), rules_.begin(), rules_.end());
  rules_ = std::move(*wanted);
  runtime_.settings().save_rules.store(!rules_.empty(), std::memory_order_relaxed);
  return std::nullopt;
}

Status SaveRules::start(bool has_directory) {
  std::lock_guard guard(mutex_);
  started_ = true;
  has_directory_ = has_directory;
  if (has_directory || rules_.empty()) return Done{};
  return Error{Error::Kind::kInvalid, "save: it needs a directory: set dir"};
}

std::vector<SaveRule> SaveRules::rules() const {
  std::lock_guard guard(mutex_);
  return rules_;
}

SaveRules::Steady::time_point SaveRules::look() noexcept {
  if (!acts()) return Steady::time_point::max();
  try {
    return look_at(rules());
  } catch (const std::bad_alloc&) {
    return Steady::now() + kPeriod;
  }
}

SaveRules::Steady::time_point SaveRules::look_at(const std::vector<SaveRule>& rules) {
  const Snapshots::State state = snapshots_.state();
  const auto later = Steady::now() + kPeriod;
  if (state.in_progress) return later;
  const int64_t now_s = runtime_.clock().now_ms() / 1000;
  const int64_t retry_s = state.last_ok ? 0 : state.last_begun_s + kRetryS + 1;
  const auto moment = [&](const SaveRule& rule) {
    return std::max(state.last_save_s + std::min(rule.seconds, kSecondsMax) + 1, retry_s);
  };
  int64_t first_s = std::numeric_limits<int64_t>::max();
  uint64_t fewest = std::numeric_limits<uint64_t>::max();
  for (const SaveRule& rule : rules) {
    first_s = std::min(first_s, moment(rule));
    if (moment(rule) <= now_s) fewest = std::min(fewest, static_cast<uint64_t>(rule.changes));
  }
  if (first_s <= now_s) {
    const uint64_t changes = runtime_.changes() - state.changes_saved;
    if (changes >= fewest) {
      // Why it could not be begun is seen in INFO, as why it failed is.
      static_cast<void>(snapshots_.save_in_background());
    }
    return later;
  }
  if (runtime_.clock().frozen()) return Steady::time_point::max();
  return Steady::now() + std::chrono::seconds(std::min(first_s - now_s, kSleepMaxS));
}

}  // namespace kevy

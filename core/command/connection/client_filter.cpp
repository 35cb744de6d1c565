#include "command/connection/client_filter.h"

#include <algorithm>

namespace kevy {

namespace {

// All that the references know, also those that no client of kevy's ever has.
constexpr Bytes kKnownFlags = "NOSMPxbtRBdcuAUreTIiE";
constexpr Bytes kKnownCapabilities = "r";

// In the order of ClientFilter's kinds; those from kNegatable on have no form with NOT-.
constexpr Bytes kWords[] = {"id",       "type",    "user", "addr", "laddr", "name",   "flags",
                            "lib-name", "lib-ver", "db",   "capa", "ip",    "maxage", "idle"};
constexpr size_t kNegatable = 12;

bool is_of_type(const Session& session, Bytes type) {
  if (equals_ignoring_case(type, "pubsub")) return session.subscribed_shown();
  return equals_ignoring_case(type, "normal") && !session.subscribed_shown();
}

bool check_type(Call& call, Bytes type) {
  for (const Bytes known : {"normal", "pubsub", "master", "primary", "slave", "replica"}) {
    if (equals_ignoring_case(type, known)) return true;
  }
  call.error("ERR Unknown client type '" + std::string(before_nul(type)) + "'");
  return false;
}

bool check_user(Call& call, Bytes user) {
  if (user == "default") return true;
  call.error("ERR No such user '" + std::string(before_nul(user)) + "'");
  return false;
}

bool check_letters(Call& call, Bytes given, Bytes known, const std::string& error) {
  if (given.find_first_not_of(known) == Bytes::npos) return true;
  call.error(error + std::string(given));
  return false;
}

bool read_seconds(Call& call, Bytes text, Bytes name, int64_t& seconds) {
  const auto number = parse_int64(text);
  if (!number) {
    call.error("ERR " + std::string(name) + " is not an integer or out of range");
  } else if (*number < 1) {
    call.error("ERR " + std::string(name) + " should be greater than 0");
  } else {
    seconds = *number;
    return true;
  }
  return false;
}

bool read_database(Call& call, Bytes text, bool negated, int64_t& database) {
  const std::string name = negated ? "NOT-DB" : "DB";
  const auto number = parse_int64(text);
  if (!number || *number < INT32_MIN || *number > INT32_MAX) {
    call.error("ERR " + name + " is not an integer or out of range");
  } else if (*number < 0 || *number >= static_cast<int64_t>(call.runtime.database_count())) {
    call.error("ERR " + name + " number should be between 0 and " +
               std::to_string(call.runtime.database_count() - 1));
  } else {
    database = *number;
    return true;
  }
  return false;
}

bool has_all(Bytes letters, Bytes wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](char c) { return contains(letters, c); });
}

// A label equals what was asked for; one that is not there equals nothing.
bool is(Bytes label, Bytes wanted) { return !label.empty() && label == wanted; }

Bytes ip_of(const Session& session, Bytes address) {
  if (session.door != Session::Door::kTcp) return {};
  Bytes ip = address.substr(0, address.rfind(':'));
  if (ip.starts_with('[')) ip = ip.substr(1, ip.size() - 2);
  return ip;
}

bool lasted(const std::atomic<int64_t>& since_us, int64_t seconds) {
  return (Clock::monotonic_us() - since_us.load(std::memory_order_relaxed)) / 1'000'000 >= seconds;
}

}  // namespace

std::string client_flags(const Session& session) {
  std::string flags;
  if (session.monitors.load(std::memory_order_relaxed)) flags += 'O';
  if (session.subscribed_shown()) flags += 'P';
  if (session.multi_shown >= 0) flags += 'x';
  if (session.blocked_shown) flags += 'b';
  const SessionTracking& tracking = session.tracking;
  if (tracking.on()) flags += 't';
  if (tracking.has(SessionTracking::kBrokenRedirect)) flags += 'R';
  if (tracking.has(SessionTracking::kBroadcast)) flags += 'B';
  if (session.watch_flag.broken()) flags += 'd';
  if (session.door == Session::Door::kUnix) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

std::optional<ClientFilter> ClientFilter::read(Call& call, size_t first) {
  static_assert(std::size(kWords) == kKinds);
  ClientFilter filter;
  for (Options options(call.args, first); !options.done();) {
    if (!filter.read_one(call, options)) return std::nullopt;
  }
  return filter;
}

ClientFilter ClientFilter::of_address(Bytes address) {
  ClientFilter filter;
  filter.wanted_[kAddress].emplace().text = address;
  filter.skip_me_ = false;
  return filter;
}

bool ClientFilter::read_one(Call& call, Options& options) {
  Bytes word = options.value();
  const bool negated = word.size() > 4 && equals_ignoring_case(word.substr(0, 4), "not-");
  if (negated) word.remove_prefix(4);
  const auto found = std::find_if(std::begin(kWords), std::end(kWords),
                                  [&](Bytes known) { return equals_ignoring_case(word, known); });
  const auto kind = static_cast<Kind>(found - std::begin(kWords));
  Conditions& conditions = negated ? unwanted_ : wanted_;
  if (kind == kId) return read_ids(call, options, conditions[kId]);
  const bool is_skip_me = !negated && equals_ignoring_case(word, "skipme");
  const bool is_known = is_skip_me || kind < (negated ? kNegatable : kKinds);
  if (!is_known || options.done()) {
    call.error(errors::kSyntax);
    return false;
  }
  const Bytes text = options.value();
  if (is_skip_me) return read_skip_me(call, text);
  conditions[kind].emplace().text = text;
  return check(call, kind, negated, *conditions[kind]);
}

// As many numbers as there are; none is right too.
bool ClientFilter::read_ids(Call& call, Options& options,
                            std::optional<ClientCondition>& condition) {
  if (!condition) condition.emplace();
  std::vector<uint64_t>& ids = condition->ids;
  for (; !options.done(); options.value()) {
    const auto number = parse_int64(options.peek());
    if (!number) break;
    if (*number < 1) {
      call.error("ERR client-id should be greater than 0");
      return false;
    }
    ids.push_back(static_cast<uint64_t>(*number));
  }
  std::sort(ids.begin(), ids.end());
  return true;
}

bool ClientFilter::read_skip_me(Call& call, Bytes answer) {
  if (!equals_ignoring_case(answer, "yes") && !equals_ignoring_case(answer, "no")) {
    call.error(errors::kSyntax);
    return false;
  }
  skip_me_ = equals_ignoring_case(answer, "yes");
  return true;
}

bool ClientFilter::check(Call& call, Kind kind, bool negated, ClientCondition& value) {
  const auto letters_error = [&](Bytes what, Bytes word) {
    return "ERR Unknown " + std::string(what) + " found in the " +
           (negated ? "NOT-" + std::string(word) : "provided") + " filter: ";
  };
  switch (kind) {
    case kType:
      return check_type(call, value.text);
    case kUser:
      return check_user(call, value.text);
    case kFlags:
      value.text = before_nul(value.text);
      return check_letters(call, value.text, kKnownFlags, letters_error("flags", "FLAGS"));
    case kCapabilities:
      value.text = before_nul(value.text);
      return check_letters(call, value.text, kKnownCapabilities, letters_error("capa", "CAPA"));
    case kDatabase:
      return read_database(call, value.text, negated, value.number);
    case kMaxAge:
    case kIdle:
      return read_seconds(call, value.text, kWords[kind], value.number);
    default:
      return true;
  }
}

bool ClientFilter::wants(const Session& session) const {
  if (session.ended()) return false;  // killed: it is only still to be closed
  const SessionLabels labels = session.labels();
  for (size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (wanted_[i] && !holds(kind, *wanted_[i], session, labels)) return false;
    if (unwanted_[i] && holds(kind, *unwanted_[i], session, labels)) return false;
  }
  return true;
}

bool ClientFilter::holds(Kind kind, const ClientCondition& value, const Session& session,
                         const SessionLabels& labels) {
  switch (kind) {
    case kId:
      return std::binary_search(value.ids.begin(), value.ids.end(), session.id);
    case kType:
      return is_of_type(session, value.text);
    case kAddress:
      return is(labels.address, value.text);
    case kLocalAddress:
      return is(labels.local_address, value.text);
    case kName:
      return is(labels.name, value.text);
    case kFlags:
      return has_all(client_flags(session), value.text);
    case kLibraryName:
      return is(labels.library_name, value.text);
    case kLibraryVersion:
      return is(labels.library_version, value.text);
    case kDatabase:
      return session.database_shown.load(std::memory_order_relaxed) == value.number;
    case kCapabilities:
      return has_all(session.can_be_redirected ? kKnownCapabilities : Bytes(), value.text);
    case kIp:
      return is(ip_of(session, labels.address), value.text);
    case kMaxAge:
      return lasted(session.created_us, value.number);
    case kIdle:
      return lasted(session.last_active_us, value.number);
    case kUser:  // there is one
    case kKinds:
      break;
  }
  return true;
}

}  // namespace kevy

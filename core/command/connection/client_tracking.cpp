#include "command/connection/client_tracking.h"

#include <algorithm>
#include <string>
#include <vector>

#include "command/arguments.h"

namespace kevy {

namespace {

using Mode = SessionTracking::Mode;

struct Wanted {
  uint8_t modes = 0;
  uint64_t redirect = 0;
  std::vector<Bytes> prefixes;

  bool has(uint8_t any_of) const noexcept { return (modes & any_of) != 0; }
};

bool read_redirect(Call& call, Bytes text, Wanted& wanted) {
  if (wanted.redirect != 0) {
    call.error("ERR A client can only redirect to a single other client");
    return false;
  }
  const auto id = integer_argument(call, text);
  if (!id) return false;
  const auto receiver = call.runtime.find_session(static_cast<uint64_t>(*id));
  if (receiver == nullptr || receiver->only_listens.load(std::memory_order_relaxed)) {
    call.error("ERR The client ID you want redirect to does not exist");
    return false;
  }
  wanted.redirect = receiver->id;
  return true;
}

std::optional<Wanted> read_options(Call& call) {
  Wanted wanted;
  for (Options options(call.args, 3); !options.done();) {
    if (options.next_is("redirect", 1)) {
      if (!read_redirect(call, options.value(), wanted)) return std::nullopt;
    } else if (options.next_is("bcast")) {
      wanted.modes |= Mode::kBroadcast;
    } else if (options.next_is("optin")) {
      wanted.modes |= Mode::kOptIn;
    } else if (options.next_is("optout")) {
      wanted.modes |= Mode::kOptOut;
    } else if (options.next_is("noloop")) {
      wanted.modes |= Mode::kNoLoop;
    } else if (options.next_is("prefix", 1)) {
      wanted.prefixes.push_back(options.value());
    } else {
      call.error(errors::kSyntax);
      return std::nullopt;
    }
  }
  return wanted;
}

// Whether the modes go together, and with those that the session has.
bool check_modes(Call& call, const Wanted& wanted) {
  const SessionTracking& now = call.session.tracking;
  const bool broadcast = wanted.has(Mode::kBroadcast);
  const auto refuse = [&](Bytes text) {
    call.error(text);
    return false;
  };
  if (!broadcast && !wanted.prefixes.empty()) {
    return refuse("ERR PREFIX option requires BCAST mode to be enabled");
  }
  if (now.on() && broadcast != now.has(Mode::kBroadcast)) {
    return refuse(
        "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
        "then "
        "re-enabling it with a different mode.");
  }
  if (broadcast && wanted.has(Mode::kOptIn | Mode::kOptOut)) {
    return refuse("ERR OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (wanted.has(Mode::kOptIn) && wanted.has(Mode::kOptOut)) {
    return refuse("ERR You can't specify both OPTIN mode and OPTOUT mode");
  }
  if ((wanted.has(Mode::kOptIn) && now.has(Mode::kOptOut)) ||
      (wanted.has(Mode::kOptOut) && now.has(Mode::kOptIn))) {
    return refuse(
        "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
        "then "
        "re-enabling it with a different mode.");
  }
  return true;
}

bool overlap(Bytes a, Bytes b) { return a.starts_with(b) || b.starts_with(a); }

// A key is to be told of once, whatever prefixes a session has.
bool check_prefixes(Call& call, const std::vector<Bytes>& prefixes) {
  const auto refuse = [&](Bytes prefix, const char* which, Bytes other) {
    call.error("ERR Prefix '" + std::string(before_nul(prefix)) + "' overlaps with " + which +
               " prefix '" + std::string(before_nul(other)) +
               "'. Prefixes for a single client must not overlap.");
    return false;
  };
  for (size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& known : call.session.tracking.prefixes) {
      if (overlap(prefixes[i], known)) return refuse(prefixes[i], "an existing", known);
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefixes[i], prefixes[j])) {
        return refuse(prefixes[i], "another provided", prefixes[j]);
      }
    }
  }
  return true;
}

}  // namespace

bool tracks_all(Args args) {
  return std::any_of(args.begin(), args.end(),
                     [](Bytes word) { return equals_ignoring_case(word, "bcast"); });
}

void client_tracking(Call& call) {
  auto wanted = read_options(call);
  if (!wanted) return;
  Tracking& tracking = call.runtime.tracking();
  if (equals_ignoring_case(call.args[2], "on")) {
    if (!check_modes(call, *wanted) || !check_prefixes(call, wanted->prefixes)) return;
    if (wanted->has(Mode::kBroadcast) && wanted->prefixes.empty())
      wanted->prefixes.emplace_back("");
    tracking.start(call.turn, call.session, wanted->modes, wanted->redirect, wanted->prefixes);
  } else if (equals_ignoring_case(call.args[2], "off")) {
    tracking.stop(call.session);
  } else {
    call.error(errors::kSyntax);
    return;
  }
  call.reply.ok();
}

void client_caching(Call& call) {
  SessionTracking& tracking = call.session.tracking;
  const bool yes = equals_ignoring_case(call.args[2], "yes");
  if (!tracking.on()) {
    call.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  } else if (!yes && !equals_ignoring_case(call.args[2], "no")) {
    call.error(errors::kSyntax);
  } else if (yes && !tracking.has(Mode::kOptIn)) {
    call.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  } else if (!yes && !tracking.has(Mode::kOptOut)) {
    call.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  } else {
    tracking.caching_said = true;
    call.reply.ok();
  }
}

void client_trackinginfo(Call& call) {
  const SessionTracking& tracking = call.session.tracking;
  std::vector<Bytes> flags = {tracking.on() ? "on" : "off"};
  const auto add = [&](bool holds, Bytes flag) {
    if (holds) flags.push_back(flag);
  };
  add(tracking.has(Mode::kBroadcast), "bcast");
  add(tracking.has(Mode::kOptIn), "optin");
  add(tracking.has(Mode::kOptIn) && tracking.caching_said, "caching-yes");
  add(tracking.has(Mode::kOptOut), "optout");
  add(tracking.has(Mode::kOptOut) && tracking.caching_said, "caching-no");
  add(tracking.has(Mode::kNoLoop), "noloop");
  add(tracking.has(Mode::kBrokenRedirect), "broken_redirect");
  call.reply.map(3);
  call.reply.bulk("flags");
  call.reply.set(flags.size());
  for (const Bytes flag : flags) call.reply.bulk(flag);
  call.reply.bulk("redirect");
  client_getredir(call);
  call.reply.bulk("prefixes");
  call.reply.array(tracking.prefixes.size());
  for (const std::string& prefix : tracking.prefixes) call.reply.bulk(prefix);
}

void client_getredir(Call& call) {
  const SessionTracking& tracking = call.session.tracking;
  const uint64_t redirect = tracking.redirect.load(std::memory_order_relaxed);
  call.reply.integer(tracking.on() ? static_cast<int64_t>(redirect) : -1);
}

}  // namespace kevy

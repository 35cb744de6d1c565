// ClientFilter: which clients CLIENT LIST and CLIENT KILL are about: TYPE, ID, NAME and the others,
// most of them also with NOT- before it.
//
// A client is meant when all conditions hold for it and none of those with NOT-. Of a condition
// that is given twice the last one counts, but the numbers of ID are collected. What a client has
// not (a name, an address) equals nothing. The filter holds views of the command's words.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "command/arguments.h"
#include "runtime/dispatch/call.h"

namespace kevy {

/// The letters that CLIENT LIST shows of a session as its flags: N when there are no others.
std::string client_flags(const Session& session);

/// What one condition compares with, in the form that its kind has.
struct ClientCondition {
  Bytes text;
  int64_t number = 0;
  std::vector<uint64_t> ids;
};

class ClientFilter {
 public:
  /// Reads the conditions among the command's words from `first` on. Nothing, and the error is
  /// answered, when one is wrong.
  static std::optional<ClientFilter> read(Call& call, size_t first);
  /// The filter of CLIENT KILL's old form, which names an address.
  static ClientFilter of_address(Bytes address);

  /// Any thread may run the session meanwhile.
  bool wants(const Session& session) const;
  /// What SKIPME said about the session that asks, if it was given.
  std::optional<bool> skip_me() const noexcept { return skip_me_; }

 private:
  enum Kind : size_t {
    kId,
    kType,
    kUser,
    kAddress,
    kLocalAddress,
    kName,
    kFlags,
    kLibraryName,
    kLibraryVersion,
    kDatabase,
    kCapabilities,
    kIp,
    kMaxAge,
    kIdle,
    kKinds,
  };
  using Conditions = std::array<std::optional<ClientCondition>, kKinds>;

  bool read_one(Call& call, Options& options);
  static bool read_ids(Call& call, Options& options, std::optional<ClientCondition>& condition);
  bool read_skip_me(Call& call, Bytes answer);
  static bool check(Call& call, Kind kind, bool negated, ClientCondition& value);
  static bool holds(Kind kind, const ClientCondition& value, const Session& session,
                    const SessionLabels& labels);

  Conditions wanted_, unwanted_;
  std::optional<bool> skip_me_;
};

}  // namespace kevy

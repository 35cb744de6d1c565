// Positions of members: GEOADD, GEOPOS, GEODIST, GEOHASH. They lie in a sorted set, each in the
// score that geohash.h makes of it.
#include "command/families.h"
#include "command/geo/arguments.h"
#include "command/key_specs.h"
#include "command/parts.h"

namespace kevy {

namespace {

using Outcome = SortedSet::Outcome;

struct AddOptions {
  ScoreRule rule;
  bool count_changed = false;
  size_t first = 2;  // where the first longitude is
};

bool read_add_options(Call& call, AddOptions& add) {
  for (Options options(call.args, 2); !options.done(); ++add.first) {
    if (options.next_is("nx")) {
      add.rule.only_new = true;
    } else if (options.next_is("xx")) {
      add.rule.only_existing = true;
    } else if (options.next_is("ch")) {
      add.count_changed = true;
    } else {
      break;
    }
  }
  const size_t words = call.argc() - add.first;
  if (words != 0 && words % 3 == 0 && !(add.rule.only_new && add.rule.only_existing)) return true;
  call.error(errors::kSyntax);
  return false;
}

// The limits for members from argument `first` on: like those of ZADD.
SortedSet::Limits limits_for(Call& call, SortedSet& set, size_t first) {
  SortedSet::Limits limits = sorted_set_limits(call);
  bool small = (call.argc() - first) / 3 <= limits.entries;
  for (size_t i = first + 2; small && i < call.argc(); i += 3) {
    small = call.args[i].size() <= limits.bytes;
  }
  if (small) return limits;
  if (!set.empty() && set.packed()) set.make_big();
  limits.entries = 0;
  return limits;
}

void geoadd(Call& call) {
  AddOptions options;
  if (!read_add_options(call, options)) return;
  std::vector<double> scores;
  for (size_t i = options.first; i < call.argc(); i += 3) {
    const auto position = position_arguments(call, call.args[i], call.args[i + 1]);
    if (!position) return;
    scores.push_back(static_cast<double>(score_of(*position)));
  }
  const Key key = call.key(1);
  const Found found = find_to_write(call, key, Type::kZset);
  if (found.wrong) return;
  SortedSet set = sorted_set_of(call, key, found.entry);
  const auto limits = limits_for(call, set, options.first);
  int64_t added = 0, changed = 0;
  in_parts(
      call, options.first, 3,
      [&](size_t i) {
        const double score = scores[(i - options.first) / 3];
        const Outcome outcome = set.store(call.args[i + 2], score, options.rule, limits).outcome;
        if (outcome == Outcome::kAdded) ++added;
        if (outcome == Outcome::kChanged) ++changed;
      },
      [&] {
        if (added + changed == 0) return;
        if (found.entry == nullptr) call.made(key);
        call.changed(key, kEventZset, "zadd");
        call.count_as(key, static_cast<uint64_t>(added + changed));
      });
  call.reply.integer(options.count_changed ? added + changed : added);
}

void geopos(Call& call) {
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  call.reply.array(call.argc() - 2);
  for (size_t i = 2; i < call.argc(); ++i) {
    if (const auto position = position_of_member(set, call.args[i])) {
      reply_position(call.reply, *position);
    } else {
      call.reply.null_array();
    }
  }
}

void geodist(Call& call) {
  double unit = 1;
  if (call.argc() > 5) {
    call.error(errors::kSyntax);
    return;
  }
  if (call.argc() == 5) {
    const auto given = unit_argument(call, call.args[4]);
    if (!given) return;
    unit = *given;
  }
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  const auto from = position_of_member(set, call.args[2]);
  const auto to = position_of_member(set, call.args[3]);
  if (from && to) {
    call.reply.bulk(format_distance(distance(*from, *to) / unit));
  } else {
    call.reply.null();
  }
}

void geohash(Call& call) {
  const Found found = find_to_read(call, call.key(1), Type::kZset);
  if (found.wrong) return;
  const SortedSet set(found.entry);
  call.reply.array(call.argc() - 2);
  for (size_t i = 2; i < call.argc(); ++i) {
    if (const auto position = position_of_member(set, call.args[i])) {
      call.reply.bulk(text_of(*position));
    } else {
      call.reply.null();
    }
  }
}

constexpr CommandRow kRows[] = {
    {.name = "geoadd",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kAclGeo,
     .keys = kOneUpdate,
     .group = "geo",
     .since = "3.2.0",
     .complexity = "O(log(N)) for each member",
     .summary = "Gives members positions, and adds those that are not there yet.",
     .syntax = "key [NX|XX] [CH] longitude:double latitude:double member "
               "[longitude:double latitude:double member ...]",
     .handler = geoadd},
    {.name = "geopos",
     .arity = -2,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "3.2.0",
     .complexity = "O(1) for each member",
     .summary = "Answers where members are.",
     .syntax = "key [member [member ...]]",
     .handler = geopos},
    {.name = "geodist",
     .arity = -4,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Answers how far two members are from each other.",
     .syntax = "key member1:string member2:string [M|KM|FT|MI]",
     .handler = geodist},
    {.name = "geohash",
     .arity = -2,
     .flags = kReadonly,
     .categories = kAclGeo,
     .keys = kOneReadAccess,
     .group = "geo",
     .since = "3.2.0",
     .complexity = "O(1) for each member",
     .summary = "Answers where members are, as geohash.org writes it.",
     .syntax = "key [member [member ...]]",
     .handler = geohash},
};

}  // namespace

void reply_position(Reply& reply, geo::Position position) {
  reply.array(2);
  reply.real_text(position.longitude, format_long_double(position.longitude));
  reply.real_text(position.latitude, format_long_double(position.latitude));
}

CommandFamily geo_commands() { return kRows; }

}  // namespace kevy

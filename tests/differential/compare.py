"""One command on both sides, and whether the replies mean the same.

Bytes must be equal, but for what Redis leaves open: the order of what has none, what chance picks,
and what the clock does between the two runs.
"""

from doors import parse

CLOCKS = {b"TTL": 2, b"EXPIRETIME": 2, b"PTTL": 2000, b"PEXPIRETIME": 2000}  # may be that far apart
UNORDERED = {b"KEYS", b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"HKEYS", b"HVALS"}
UNORDERED_PAIRS = {b"HGETALL"}
SCANS = {b"HSCAN": 2, b"SSCAN": 1, b"ZSCAN": 2}  # how many items belong together
# What redis-server 7.0 calls the small lists and sets that are listpacks since 7.2.
LISTPACKS = {b"$8\r\nlistpack\r\n": {b"$9\r\nquicklist\r\n", b"$9\r\nhashtable\r\n"}}
MIXED = {b"EXEC", b"PUBSUB"}  # may hold any of these
# Picks of chance: the command that tells whether what was picked is there.
PICKS = {b"SRANDMEMBER": b"SMISMEMBER", b"HRANDFIELD": b"HMGET", b"ZRANDMEMBER": b"ZMSCORE"}


def run_on_both(redis, kevy, words):
    """What redis-server and kevy answer, and whether that is the same."""
    verb = words[0].upper()
    if verb == b"SPOP":
        return _pop_on_both(redis, kevy, words)
    theirs, ours = redis.run(words), kevy.run(words)
    if verb in PICKS:
        return theirs, ours, _same_picks(redis, ours, theirs, words)
    if verb in SCANS and ours[:1] == theirs[:1] == b"*" and _partial(words, ours, theirs):
        return theirs, ours, True
    return theirs, ours, same(ours, theirs, verb)


def _partial(words, *replies):
    """Whether this is a part of an iteration, which each side may cut as it likes."""
    return words[2].lstrip(b"+-0") != b"" or any(parse(reply)[0] != b"0" for reply in replies)


def same(ours, theirs, verb):
    if ours == theirs:
        return True
    if ours[:1] != theirs[:1] or ours[:1] == b"-":
        return False
    if verb == b"OBJECT":
        return theirs in LISTPACKS.get(ours, ())
    if verb in CLOCKS:
        apart = abs(int(ours[1:]) - int(theirs[1:]))
        return apart <= CLOCKS[verb] and min(int(ours[1:]), int(theirs[1:])) >= 0
    if verb in UNORDERED:
        return sorted(parse(ours)) == sorted(parse(theirs))
    if verb in UNORDERED_PAIRS:
        return grouped(parse(ours), 2) == grouped(parse(theirs), 2)
    if verb in SCANS:
        mine, reference = parse(ours), parse(theirs)
        size = SCANS[verb]
        return mine[0] == reference[0] and grouped(mine[1], size) == grouped(reference[1], size)
    if verb in MIXED:
        return sorted(_blurred(ours)) == sorted(_blurred(theirs))
    return False


def grouped(items, size):
    """Items that belong together, in an order of their own."""
    return sorted(tuple(items[i : i + size]) for i in range(0, len(items), size))


def _blurred(reply):
    """The lines of a reply; of moments, the leading digits."""
    for line in reply.split(b"\r\n"):
        moment = line[:1] == b":" and len(line) > 5
        yield line[:4] if moment else line


def _pop_on_both(redis, kevy, words):
    """What kevy popped is taken from redis-server by name, so that both stay the same."""
    before = redis.run([b"SMEMBERS", words[1]]) if len(words) > 1 else b"-"
    ours = kevy.run(words)
    members = [] if before[:1] == b"-" else parse(before)
    if not members or ours[:1] == b"-":
        theirs = redis.run(words)
        return theirs, ours, ours == theirs
    popped = parse(ours)
    popped = popped if isinstance(popped, list) else [popped]
    wanted = min(int(words[2]), len(members)) if len(words) > 2 else 1
    for member in popped:
        redis.run([b"SREM", words[1], member])
    return before, ours, len(set(popped)) == len(popped) == wanted and set(popped) <= set(members)


def _same_picks(redis, ours, theirs, words):
    if ours[:1] in b"-_" or ours == theirs:
        return ours == theirs
    if ours[:1] != theirs[:1] or ours.split(b"\r\n")[0] != theirs.split(b"\r\n")[0]:
        return ours[:1] == theirs[:1] == b"$" and _all_there(redis, words, [parse(ours)])
    picked = parse(ours)
    if not isinstance(picked, list):
        picked = [picked]
    if len(words) > 3:  # with values or scores, in RESP3 in pairs
        picked = [item[0] for item in picked] if isinstance(picked[0], list) else picked[::2]
    distinct = len(words) < 3 or int(words[2]) < 0 or len(set(picked)) == len(picked)
    return distinct and _all_there(redis, words, picked)


def _all_there(redis, words, picked):
    found = parse(redis.run([PICKS[words[0].upper()], words[1], *picked]))
    return len(found) == len(picked) and None not in found and 0 not in found[: len(picked)] or (
        words[0].upper() == b"ZRANDMEMBER" and None not in found)

"""One command on both sides, and whether the replies mean the same.

Bytes must be equal, but for what Redis leaves open: the order of what has none, what chance picks,
and what the clock does between the two runs.
"""

from doors import parse

CLOCKS = {b"TTL": 2, b"EXPIRETIME": 2, b"PTTL": 2000, b"PEXPIRETIME": 2000}  # may be that far apart
UNORDERED = {b"KEYS", b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"HKEYS", b"HVALS"}
UNORDERED_PAIRS = {b"HGETALL"}
SCANS = {b"HSCAN": 2, b"SSCAN": 1, b"ZSCAN": 2}  # how many items belong together: cursors differ
# What redis-server 7.0 calls the small lists and sets that are listpacks since 7.2.
LISTPACKS = {b"$8\r\nlistpack\r\n": {b"$9\r\nquicklist\r\n", b"$9\r\nhashtable\r\n"}}
MIXED = {b"EXEC", b"PUBSUB"}  # may hold any of these
SORTS = {b"SORT", b"SORT_RO"}
# Picks of chance: the command that tells whether what was picked is there.
PICKS = {b"SRANDMEMBER": b"SMISMEMBER", b"HRANDFIELD": b"HMGET", b"ZRANDMEMBER": b"ZMSCORE"}

# What a transaction can not be compared with.
CHANCE = {b"SPOP", *PICKS, *SCANS}


def run_on_both(redis, kevy, words):
    """What redis-server and kevy answer, and whether that is the same."""
    verb = words[0].upper()
    if redis.queueing and (verb in (b"SPOP", b"OBJECT") or verb in PICKS or verb in SCANS):
        return b"", b"", True  # what EXEC answers of it may differ: left out on both sides
    if verb == b"SPOP":
        return _pop_on_both(redis, kevy, words)
    theirs, ours = redis.run(words), kevy.run(words)
    if verb in PICKS:
        return theirs, ours, _same_picks(redis, ours, theirs, words)
    if verb in SCANS and theirs[:1] == ours[:1] == b"*":
        return theirs, ours, _scanned(redis, words) == _scanned(kevy, words)
    if verb in SORTS and theirs != ours and _order_left_open(redis, words):
        return theirs, ours, _same_sorted(redis, kevy, ours, theirs, words)
    return theirs, ours, same(ours, theirs, verb)


def check_on_both(doors, *words):
    """Fails where the two (redis-server and kevy) differ, and gives what redis-server answers. Words
    may be text or numbers."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    theirs, ours, agree = run_on_both(*doors, words)
    assert agree, f"{words[:20]}\nkevy: {ours[:300]!r}\nredis: {theirs[:300]!r}"
    return theirs


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
    if verb in MIXED:
        return sorted(_blurred(ours)) == sorted(_blurred(theirs))
    return False


def _order_left_open(redis, words):
    """Whether what is sorted is a set, and maybe by nothing."""
    options = {word.upper() for word in words[2:]}
    return b"BY" in options and redis.run([b"TYPE", words[1]]) == b"+set\r\n"


def _same_sorted(redis, kevy, ours, theirs, words):
    mine, reference = parse(ours), parse(theirs)
    if not isinstance(mine, list) or not isinstance(reference, list):
        return False
    options = [word.upper() for word in words]
    return len(mine) == len(reference) and (
        b"LIMIT" in options or sorted(map(repr, mine)) == sorted(map(repr, reference)))


def grouped(items, size):
    """Items that belong together, in an order of their own."""
    return sorted(tuple(items[i : i + size]) for i in range(0, len(items), size))


def _scanned(door, words):
    """What a full iteration with the options of this command brings."""
    found, cursor = set(), b"0"
    while True:
        cursor, items = parse(door.run([*words[:2], cursor, *words[3:]]))
        found.update(grouped(items, SCANS[words[0].upper()]))
        if cursor == b"0":
            return found


def _blurred(reply):
    """The lines of a reply; of moments, the leading digits, and one name for small and big."""
    for listpack, others in LISTPACKS.items():
        for other in others:
            reply = reply.replace(other, listpack)
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

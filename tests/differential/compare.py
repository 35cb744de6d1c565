"""One command on both sides, and whether the replies mean the same.

Bytes must be equal, but for what Redis leaves open (the order of what has none, what chance picks,
and what the clock does between the two runs), and for what differences.txt lists.
"""

import re
from typing import NamedTuple

from differences import as_it_is
from doors import parse

# May be that far apart.
CLOCKS = {b"TTL": 2, b"EXPIRETIME": 2, b"PTTL": 2000, b"PEXPIRETIME": 2000, b"OBJECT IDLETIME": 2}
UNORDERED = {b"KEYS", b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"HKEYS", b"HVALS"}
UNORDERED_PAIRS = {b"HGETALL"}
SCANS = {b"HSCAN": 2, b"SSCAN": 1, b"ZSCAN": 2}  # how many items belong together: cursors differ
MIXED = {b"EXEC", b"PUBSUB"}  # may hold any of these
SORTS = {b"SORT", b"SORT_RO"}
# Tell how long ago something was, or when.
STREAM_CLOCKS = {b"XPENDING", b"XINFO", b"XREADGROUP"}
# Picks of chance: the command that tells whether what was picked is there.
PICKS = {b"SRANDMEMBER": b"SMISMEMBER", b"HRANDFIELD": b"HMGET", b"ZRANDMEMBER": b"ZMSCORE"}

# What CLIENT INFO says of the client itself, rather than of how it is connected and what it costs. What it
# is capable of outlives a program.
OF_A_CLIENT = {b"name", b"db", b"sub", b"psub", b"ssub", b"watch", b"cmd", b"user", b"redir", b"resp",
               b"lib-name", b"lib-ver"}
# Lists of moments of fields, or of the time until then: that may be that far apart.
FIELD_CLOCKS = {b"HTTL": 2, b"HEXPIRETIME": 2, b"HPTTL": 2000, b"HPEXPIRETIME": 2000}

# What a transaction can not be compared with.
CHANCE = {b"SPOP", *PICKS, *SCANS}


class Outcome(NamedTuple):
    theirs: bytes
    ours: bytes
    agree: bool  # the same, or listed as different
    apart: bool = False  # the data differ from now on, as is listed: there is no more to compare


def run_on_both(reference, kevy, words):
    """What a reference and kevy answer, and whether that is the same."""
    verb = words[0].upper()
    if reference.queueing and (
            verb in CHANCE or verb == b"OBJECT" or verb in STREAM_CLOCKS or _asks_client(words)):
        return Outcome(b"", b"", True)  # what EXEC answers of it may differ: left out on both sides
    theirs, ours, agree = _run(reference, kevy, words, reference.differences.form(words))
    if agree:
        return Outcome(theirs, ours, True)
    row = reference.differences.find(words, theirs, ours)
    return Outcome(theirs, ours, row is not None, row is not None and row.apart)


def _run(reference, kevy, words, form):
    verb = words[0].upper()
    if verb == b"SPOP":
        return _pop_on_both(reference, kevy, words)
    theirs, ours = reference.run(words), kevy.run(words)
    if _asks_client(words):
        return theirs, ours, theirs == ours or _same_client(ours, theirs)
    if verb in PICKS:
        return theirs, ours, _same_picks(reference, ours, theirs, words)
    if verb in SCANS and theirs[:1] == ours[:1] == b"*":
        return theirs, ours, _scanned(reference, words, form) == _scanned(kevy, words, form)
    if verb in SORTS and theirs != ours and _order_left_open(reference, words):
        return theirs, ours, _same_sorted(reference, kevy, ours, theirs, words)
    asked = b" ".join(words[:2]).upper() if verb == b"OBJECT" else verb
    return theirs, ours, same(form(ours), form(theirs), asked)


def _asks_client(words):
    return [word.upper() for word in words] == [b"CLIENT", b"INFO"]


def _same_client(ours, theirs):
    """Whether what both versions say of a client is the same."""
    mine, reference = (dict(re.findall(rb"([a-z-]+)=(\S*)", reply)) for reply in (ours, theirs))
    told = OF_A_CLIENT & mine.keys() & reference.keys()
    return len(told) > 8 and all(mine[field] == reference[field] for field in told)


def check_on_both(doors, *words):
    """Fails where the two (a reference and kevy) differ, and gives what the reference answers. Words
    may be text or numbers."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    theirs, ours, agree, apart = run_on_both(*doors, words)
    what = f"{words[:20]}\nkevy: {ours[:300]!r}\n{doors[0].version}: {theirs[:300]!r}"
    assert agree and not apart, what
    return theirs


def same(ours, theirs, verb):
    if ours == theirs:
        return True
    if ours[:1] != theirs[:1] or ours[:1] == b"-":
        return False
    if verb in CLOCKS:
        apart = abs(int(ours[1:]) - int(theirs[1:]))
        return apart <= CLOCKS[verb] and min(int(ours[1:]), int(theirs[1:])) >= 0
    if verb in FIELD_CLOCKS:
        return _same_moments(parse(ours), parse(theirs), FIELD_CLOCKS[verb])
    if verb in UNORDERED:
        return sorted(parse(ours)) == sorted(parse(theirs))
    if verb in UNORDERED_PAIRS:
        return grouped(parse(ours), 2) == grouped(parse(theirs), 2)
    if verb in STREAM_CLOCKS:
        return timeless(parse(ours)) == timeless(parse(theirs))
    if verb in MIXED:
        return sorted(_blurred(ours)) == sorted(_blurred(theirs))
    return False


def _same_moments(ours, theirs, apart_max):
    """What is below zero says that there is no moment."""
    return len(ours) == len(theirs) and all(
        mine == moment or (min(mine, moment) >= 0 and abs(mine - moment) <= apart_max)
        for mine, moment in zip(ours, theirs))


def _order_left_open(reference, words):
    """Whether what is sorted is a set, and maybe by nothing."""
    options = {word.upper() for word in words[2:]}
    return b"BY" in options and reference.run([b"TYPE", words[1]]) == b"+set\r\n"


def _same_sorted(reference, kevy, ours, theirs, words):
    mine, reference = parse(ours), parse(theirs)
    if not isinstance(mine, list) or not isinstance(reference, list):
        return False
    options = [word.upper() for word in words]
    return len(mine) == len(reference) and (
        b"LIMIT" in options or sorted(map(repr, mine)) == sorted(map(repr, reference)))


TIMES = {b"radix-tree-nodes", b"idle", b"inactive", b"seen-time", b"active-time"}


def timeless(value):
    """A reply of the commands on streams without its times, and without how many nodes a tree has."""
    if not isinstance(value, list):
        return value
    items = [timeless(item) for item in value]
    for i in range(0, len(items) - 1):
        if isinstance(value[i], bytes) and (value[i] in TIMES and value[i + 1] != -1):
            items[i + 1] = None
    if items and isinstance(items[0], bytes) and b"-" in items[0]:  # something pending
        if len(items) == 4 and isinstance(items[3], int) or len(items) == 3 and isinstance(items[2], int):
            items[-2] = None
    return items


def grouped(items, size):
    """Items that belong together, in an order of their own."""
    return sorted(tuple(items[i : i + size]) for i in range(0, len(items), size))


def _scanned(door, words, form=as_it_is):
    """What a full iteration with the options of this command brings."""
    found, cursor = set(), b"0"
    while True:
        cursor, items = parse(form(door.run([*words[:2], cursor, *words[3:]])))
        alone = {word.upper() for word in words[3:]} & {b"NOVALUES", b"NOSCORES"}
        found.update(grouped(items, 1 if alone else SCANS[words[0].upper()]))
        if cursor == b"0":
            return found


def _blurred(reply):
    """The lines of a reply; of moments, the leading digits."""
    for line in reply.split(b"\r\n"):
        moment = line[:1] == b":" and len(line) > 5
        yield line[:4] if moment else line


def _pop_on_both(reference, kevy, words):
    """What kevy popped is taken from the reference by name, so that both stay the same."""
    before = reference.run([b"SMEMBERS", words[1]]) if len(words) > 1 else b"-"
    ours = kevy.run(words)
    members = [] if before[:1] == b"-" else parse(before)
    if not members or ours[:1] == b"-":
        theirs = reference.run(words)
        return theirs, ours, ours == theirs
    popped = parse(ours)
    popped = popped if isinstance(popped, list) else [popped]
    wanted = min(int(words[2]), len(members)) if len(words) > 2 else 1
    for member in popped:
        reference.run([b"SREM", words[1], member])
    return before, ours, len(set(popped)) == len(popped) == wanted and set(popped) <= set(members)


def _same_picks(reference, ours, theirs, words):
    if ours[:1] in b"-_" or ours == theirs:
        return ours == theirs
    if ours[:1] != theirs[:1] or ours.split(b"\r\n")[0] != theirs.split(b"\r\n")[0]:
        return ours[:1] == theirs[:1] == b"$" and _all_there(reference, words, [parse(ours)])
    picked = parse(ours)
    if not isinstance(picked, list):
        picked = [picked]
    if len(words) > 3:  # with values or scores, in RESP3 in pairs
        picked = [item[0] for item in picked] if isinstance(picked[0], list) else picked[::2]
    distinct = len(words) < 3 or int(words[2]) < 0 or len(set(picked)) == len(picked)
    return distinct and _all_there(reference, words, picked)


def _all_there(reference, words, picked):
    found = parse(reference.run([PICKS[words[0].upper()], words[1], *picked]))
    return len(found) == len(picked) and None not in found and 0 not in found[: len(picked)] or (
        words[0].upper() == b"ZRANDMEMBER" and None not in found)

"""Random commands after the grammar that kevy itself tells in COMMAND DOCS, so that a new row of the
command table is tried from its first day."""

# Left out, because the answer is chance, is about the server or the connection rather than the
# data, comes in several replies, or ends or changes the conversation. HELP has words of its own.
LEFT_OUT = {
    "auth", "client|id", "client|kill", "client|list", "client|reply", "client|tracking", "command", "config", "debug", "hello", "info", "psubscribe", "punsubscribe",
    "quit", "randomkey", "reset", "scan", "ssubscribe", "subscribe", "sunsubscribe", "time",
    "monitor", "slowlog", "commandlog", "latency", "lolwut", "client|import-source",
    "save", "bgsave", "lastsave", "shutdown", "bgrewriteaof", "dump", "migrate",
    "unsubscribe", "pfselftest", "role", "wait", "waitaof", "object|idletime", "object|refcount", "memory",
    # Random words are no scripts; test_lua.py has some that are.
    "eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro", "function", "script",
    # Of scores that differ Redis says nothing here, and a skip list answers by chance.
    "zlexcount", "zrangebylex", "zrevrangebylex", "zremrangebylex",
}
# Not known to redis-server 7.0 (see the lexical ranges above), and what would wait on a clock that stands still.
NOT_GIVEN = {"WITHSCORE", "BYLEX", "BLOCK"}
# Each kind of data has some keys of its own, so that most commands meet their type.
KEYS_OF = {"string": "k", "bitmap": "k", "hyperloglog": "p", "geo": "g", "list": "l", "set": "s", "sorted-set": "z", "hash": "h",
           "stream": "x"}
RARE = {"flushall": 1, "flushdb": 2, "swapdb": 3, "select": 4}  # the others have weight 20
NUMBERS = [0, 1, -1, 5, 100, -7, 2**63 - 1, -(2**63), 12345]
FIELDS = ["a", "b", "c", "d", "1", "12", "-7", "", "f" * 64, "f" * 65]
ELEMENTS = ["a", "b", "c", "1", "2", "3", "10", "-5", "1.5", "", "4096", "x" * 65]


def element(rng):
    """Few, so that they are found again; now and then one that is a chunk of a list by itself."""
    return rng.choice(ELEMENTS) if rng.random() < 0.98 else "y" * rng.choice([130, 4095, 9000])


# What a name asks for beyond its type. No time to live is short: it must not end during the test.
SCORES = ["1", "2", "3", "-1", "0", "1.5", "0.1", "-0", "inf", "-inf", "1e17", "100000", "3000000000"]
RANKS = [0, 0, -1, 1, 2, -3, 5, 8]
MEMBERS = ["a", "b", "c", "1", "12", "-7", "", "x" * 65, "100000"]


NAMES = ["a", "name-2", "", "has space", "line\n", "\xe9", "~"]


def bound(rng):
    """Of a range by rank, by score or by the members' bytes."""
    kind = rng.random()
    if kind < 0.4:
        return rng.choice(RANKS)
    if kind < 0.7:
        return rng.choice(["", "("]) + rng.choice(SCORES)
    return rng.choice(["-", "+", "[", "("]) + rng.choice(["", "", rng.choice(MEMBERS)])


BY_NAME = {
    # A string of 512 MB says no more than a short one.
    "offset": lambda rng: rng.choice([0, 0, 1, 2, -1, rng.randrange(250)]),
    "longitude": lambda rng: rng.choice(LONGITUDES),
    "latitude": lambda rng: rng.choice(LATITUDES),
    "radius": lambda rng: rng.choice([0, 1, 150, 3000, 500_000, 2e7, -1]),
    "width": lambda rng: rng.choice([0, 1, 150, 3000, 500_000, -1]),
    "height": lambda rng: rng.choice([0, 1, 150, 3000, 500_000, -1]),
    "num-vertices": lambda rng: rng.choice([2, 3, 3, 3]),
    "subcommand": lambda rng: rng.choice(["GETREG", "DECODE", "ENCODING", "TODENSE"]),
    "bit": lambda rng: rng.choice([0, 1]),
    "encoding": lambda rng: rng.choice("iu") + str(rng.choice([1, 2, 5, 8, 16, 31, 32, 63, 64])),
    "score": lambda rng: rng.choice(SCORES) if rng.random() < 0.7 else rng.randrange(-50, 50),
    "increment": lambda rng: rng.choice([1, -1, 5, 100, 2**63 - 1, "1.5", "-0.25", "inf"]),
    "weight": lambda rng: rng.choice(["1", "2", "-1", "0", "0.5", "inf", "-3"]),
    "start": lambda rng: rng.choice(RANKS) if rng.random() < 0.7 else bound(rng),
    "stop": lambda rng: rng.choice(RANKS) if rng.random() < 0.7 else bound(rng),
    "min": bound,
    "max": bound,
    "limit": lambda rng: rng.randrange(-1, 5),
    "timeout": lambda rng: rng.choice(["0.001", "0.001", "1e-3", "0x1p-10", "-1", "x"]),
    "seconds": lambda rng: rng.choice([100_000, 99_999, 0, -5, 2**62]),
    "milliseconds": lambda rng: rng.choice([100_000_000, 99_999_999, 0, -5, 2**62]),
    "db": lambda rng: rng.randrange(-1, 18) if rng.random() < 0.1 else rng.randrange(3),
    "destination-db": lambda rng: rng.randrange(3),
    "index": lambda rng: rng.choice([0, 0, 1, 1, 2, -1, -2, 7]),
    "index1": lambda rng: rng.randrange(3),
    "index2": lambda rng: rng.randrange(3),
    "field": lambda rng: rng.choice(FIELDS),
    "cursor": lambda rng: rng.choice([0, 0, 0, 5]),
    "count": lambda rng: rng.choice([0, 1, 1, 2, 3, 5, -1, -3, 20, 100]),
    "element": lambda rng: element(rng),
    "pivot": lambda rng: element(rng),
    "rank": lambda rng: rng.choice([1, 1, 2, 3, -1, -2, 0]),
    "num-matches": lambda rng: rng.randrange(4),
    "len": lambda rng: rng.randrange(6),
    "connection-name": lambda rng: rng.choice(NAMES),
    "libname": lambda rng: rng.choice(NAMES),
    "libver": lambda rng: rng.choice(NAMES),
    "capability": lambda rng: rng.choice(["redirect", "other", ""]),
}
# Not so near the poles or the date line that a reference loses members.
LONGITUDES = ["0", "1", "1.001", "-5", "13.361389", "15.087269", "100.5", "-120"]
LATITUDES = ["0", "1", "0.999", "-7", "38.115556", "37.502669", "60", "-55.5"]
SHORT = ["a", "b", "c", "3", "5", "-7", "12", "40000", "-3000000000", "007", "", "m1", "m2", "m3"]


def member(rng):
    """Few values, so that commands hit; now and then one that makes a set big, or one of many."""
    chance = rng.random()
    if chance < 0.6:
        return rng.choice(SHORT)
    return str(rng.randrange(700)) if chance < 0.95 else rng.choice("xy") * rng.choice([64, 65])


class StreamIds:
    """Most new ids are higher than those before; the others are likely to be there, or nearly."""

    def __init__(self):
        self.ms = 1

    def new(self, rng):
        self.ms += rng.choice([0, 0, 0, 1, 1, 7])
        return rng.choice([f"{self.ms}-*", f"{self.ms}-*", f"{self.ms + 1}-{rng.randrange(3)}", self.ms + 2,
                           self.any(rng)])

    def any(self, rng):
        if rng.random() < 0.1:
            return rng.choice(["0", "0-0", "0-*", "-", "+", "$", ">", "18446744073709551615", "(5", "5-", "007"])
        return f"{rng.randrange(max(0, self.ms - 40), self.ms + 3)}-{rng.randrange(4)}"

    def bound(self, rng):
        kind = rng.random()
        if kind < 0.4:
            return rng.choice("-+")
        return rng.choice(["", "", "("]) + str(self.any(rng))


IDS = StreamIds()
BY_NAME_OF_STREAMS = {
    "id": IDS.any,
    "start": IDS.bound,
    "end": IDS.bound,
    "last-id": IDS.any,
    "lastid": IDS.any,
    "max-deleted-id": IDS.any,
    "threshold": lambda rng: rng.choice([0, 1, 2, 5, 20, 100, IDS.any(rng)]),
    "group": lambda rng: rng.choice(["g1", "g1", "g2"]),
    "consumer": lambda rng: rng.choice(["c1", "c1", "c2", "c3"]),
    "min-idle-time": lambda rng: rng.choice([0, 0, 0, -1, 500_000, 2_000_000_000]),
    "milliseconds": lambda rng: rng.choice([1, 1, 1, -1]),  # how long to wait
    "ms": lambda rng: rng.choice([0, 1_000_000, -5, 2**62]),
    "entries-read": lambda rng: rng.choice([-1, 0, 1, 5, 30]),
    "entries-added": lambda rng: rng.choice([0, 10, 50, 100, -1]),
    "field": lambda rng: rng.choice(["a", "b", "a", "c"] + FIELDS),
    "value": lambda rng: rng.choice(["1", "v", "", "x" * rng.randrange(300), str(rng.choice(NUMBERS))]),
}

# What the references make of the lowest one when they saturate shows only later (differences.txt).
BY_NAME_OF_BITMAPS = {"value": lambda rng: rng.choice([n for n in NUMBERS if n > -(2**63)])}
BY_NAME_OF_GROUP = {"stream": BY_NAME_OF_STREAMS, "bitmap": BY_NAME_OF_BITMAPS}

BY_NAME["member"] = member
BY_TYPE = {
    "string": lambda rng: rng.choice(
        ["", "abc", "12", "3.5", "x" * rng.randrange(300), str(rng.choice(NUMBERS))]),
    "integer": lambda rng: rng.choice(NUMBERS),
    "double": lambda rng: rng.choice(["1.5", "-0.25", "3", "1e3", "0.1", "nan"]),
    "pattern": lambda rng: rng.choice(["*", "k?", "k[1-3]", "*[^2]", "\\k1", "k[", "no", "k*", "h*->a", "#", "l*"]),
    # A moment just past is left out: redis-server counts what has expired until it looks at it.
    "unix-time": lambda rng: rng.choice([4_102_444_800_000, 0, -1]),
}


def fields_of(flat):
    return dict(zip(flat[::2], flat[1::2]))


class Grammar:
    """What COMMAND DOCS says: `docs` is its RESP2 reply, parsed."""

    def __init__(self, docs):
        self.commands = {}  # name, "config|set" for a subcommand: its arguments
        self.groups = {}  # name: the kind of data
        for name, doc in fields_of(docs).items():
            doc = fields_of(doc)
            for full, inner in fields_of(doc.get("subcommands", [])).items():
                self._add(full, fields_of(inner))
            if "subcommands" not in doc:
                self._add(name, doc)
        self._names = list(self.commands)
        self._weights = [RARE.get(name, 20) for name in self._names]

    def _add(self, name, doc):
        if name in LEFT_OUT or name.split("|")[0] in LEFT_OUT or name.endswith("|help"):
            return
        self.groups[name] = doc["group"]
        self.commands[name] = [fields_of(argument) for argument in doc.get("arguments", [])]

    def command(self, rng):
        """The words of a random command, now and then a slightly wrong one."""
        name = rng.choices(self._names, self._weights)[0]
        words = name.upper().split("|")
        self._kind = KEYS_OF.get(self.groups[name]) or rng.choice(list(KEYS_OF.values()))
        self._by_name = BY_NAME | BY_NAME_OF_GROUP.get(self.groups[name], {})
        words += self._sequence(rng, self.commands[name])
        if name.startswith("sort") and "BY" in words and "ALPHA" in words:
            words.remove("ALPHA")  # Redis leaves it open how weights that are equal are ordered
        if "STREAMS" in words and rng.random() < 0.97:  # as many ids as keys
            keys = [self._key(rng) for _ in range(rng.randrange(1, 4))]
            new = [">"] * 3 if name == "xreadgroup" else []
            words[words.index("STREAMS") + 1 :] = keys + [rng.choice([IDS.any(rng), *new]) for _ in keys]
        if rng.random() < 0.02 and len(words) > 1:
            words.pop(rng.randrange(1, len(words)))
        return [word if isinstance(word, bytes) else str(word).encode() for word in words]

    def _sequence(self, rng, arguments):
        words, counted = [], None  # where the number of keys or fields stands that follow it
        for argument in arguments:
            given = self._argument(rng, argument)
            if counted is not None:
                together = len(argument.get("arguments", [1]))
                words[counted] = len(given) // together if rng.random() < 0.95 else rng.randrange(-1, 5)
                counted = None
            if argument["name"] in ("numkeys", "numfields"):
                counted = len(words)
            words += given
        return words

    def _argument(self, rng, argument):
        flags = argument.get("flags", [])
        if argument.get("token") in NOT_GIVEN:
            return []
        if argument.get("token") == "*":  # would be the time
            return [IDS.new(rng)]
        if "optional" in flags and rng.random() < 0.6:
            return []
        words = [argument["token"]] if "token" in argument else []
        kind = argument["type"]
        if kind == "pure-token":
            return words
        for repeat in range(rng.randrange(1, 4) if "multiple" in flags else 1):
            if repeat and "multiple_token" in flags:
                words.append(argument["token"])
            inner = [fields_of(part) for part in argument.get("arguments", [])]
            if kind == "oneof":
                words += self._argument(rng, rng.choice(inner))
            elif kind == "block":
                words += self._sequence(rng, inner)
            else:
                words.append(self._value(rng, kind, argument["name"]))
        return words

    def _value(self, rng, kind, name):
        if name != "timeout" and rng.random() < 0.03:
            return rng.choice([b"", b"x", b"-1", b"9223372036854775808", b"\x00\xff", b"1e5"])
        if kind == "key":
            return self._key(rng)
        return self._by_name.get(name, BY_TYPE[kind])(rng)

    def _key(self, rng):
        kind = self._kind if rng.random() < 0.95 else rng.choice(list(KEYS_OF.values()))
        return f"{kind}{rng.randrange(5)}" + rng.choice(["", "", "{tag}"])

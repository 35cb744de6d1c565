"""Random commands after the grammar that kevy itself tells in COMMAND DOCS, so that a new row of the
command table is tried from its first day."""

# Left out, because the answer is chance, is about the server or the connection rather than the
# data, comes in several replies, or ends or changes the conversation. HELP has words of its own.
LEFT_OUT = {
    "auth", "client", "command", "config", "debug", "hello", "info", "psubscribe", "punsubscribe",
    "quit", "randomkey", "reset", "scan", "ssubscribe", "subscribe", "sunsubscribe", "time",
    "unsubscribe", "object|idletime", "object|refcount", "memory",
    # Of scores that differ Redis says nothing here, and a skip list answers by chance.
    "zlexcount", "zrangebylex", "zrevrangebylex", "zremrangebylex",
}
NOT_GIVEN = {"WITHSCORE", "BYLEX"}  # not known to redis-server 7.0; see the lexical ranges above
# Each kind of data has some keys of its own, so that most commands meet their type.
KEYS_OF = {"string": "k", "list": "l", "set": "s", "sorted-set": "z", "hash": "h"}
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
    "score": lambda rng: rng.choice(SCORES) if rng.random() < 0.7 else rng.randrange(-50, 50),
    "increment": lambda rng: rng.choice([1, -1, 5, 100, 2**63 - 1, "1.5", "-0.25", "inf"]),
    "weight": lambda rng: rng.choice(["1", "2", "-1", "0", "0.5", "inf", "-3"]),
    "start": lambda rng: rng.choice(RANKS) if rng.random() < 0.7 else bound(rng),
    "stop": lambda rng: rng.choice(RANKS) if rng.random() < 0.7 else bound(rng),
    "min": bound,
    "max": bound,
    "limit": lambda rng: rng.randrange(-1, 5),
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
}
SHORT = ["a", "b", "c", "3", "5", "-7", "12", "40000", "-3000000000", "007", "", "m1", "m2", "m3"]


def member(rng):
    """Few values, so that commands hit; now and then one that makes a set big, or one of many."""
    chance = rng.random()
    if chance < 0.6:
        return rng.choice(SHORT)
    return str(rng.randrange(700)) if chance < 0.95 else rng.choice("xy") * rng.choice([64, 65])


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
        counted = None  # where the number of keys stands that follow it
        for argument in self.commands[name]:
            given = self._argument(rng, argument)
            if counted is not None and argument["type"] in ("key", "block"):
                together = len(argument.get("arguments", [1]))
                words[counted] = len(given) // together if rng.random() < 0.95 else rng.randrange(-1, 5)
                counted = None
            if argument["name"] == "numkeys":
                counted = len(words)
            words += given
        if name.startswith("sort") and "BY" in words and "ALPHA" in words:
            words.remove("ALPHA")  # Redis leaves it open how weights that are equal are ordered
        if rng.random() < 0.02 and len(words) > 1:
            words.pop(rng.randrange(1, len(words)))
        return [word if isinstance(word, bytes) else str(word).encode() for word in words]

    def _argument(self, rng, argument):
        flags = argument.get("flags", [])
        if argument.get("token") in NOT_GIVEN:
            return []
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
                for part in inner:
                    words += self._argument(rng, part)
            else:
                words.append(self._value(rng, kind, argument["name"]))
        return words

    def _value(self, rng, kind, name):
        if rng.random() < 0.03:
            return rng.choice([b"", b"x", b"-1", b"9223372036854775808", b"\x00\xff", b"1e5"])
        if kind == "key":
            return self._key(rng)
        return BY_NAME.get(name, BY_TYPE[kind])(rng)

    def _key(self, rng):
        kind = self._kind if rng.random() < 0.95 else rng.choice(list(KEYS_OF.values()))
        return f"{kind}{rng.randrange(5)}" + rng.choice(["", "", "{tag}"])

"""What the references answer differently: the rows of differences.txt.

A comparison that finds two replies unequal asks here whether that is listed.
"""

import re
import shlex
from functools import reduce
from pathlib import Path
from typing import Callable, NamedTuple, Optional

REDIS, VALKEY = "Redis 7.0", "Valkey 9.1"
TABLE = Path(__file__).with_name("differences.txt")
COLUMNS = ["example", "command", REDIS, VALKEY, "kevy", "Redis 8", "afterwards"]
UNKNOWN = (b"-ERR unknown ", b"-ERR syntax error", b"-ERR wrong number of arguments",
           b"-ERR Unsupported option")


def shortest_numbers(reply):
    """A reply in which every number has the fewest digits that tell it, and zero no sign."""
    number = rb"-?\d+(?:\.\d+)?(?:e[+-]\d+)?"

    def shortest(found):
        return repr(float(found[1]) + 0.0).removesuffix(".0").encode()  # -0.0 + 0.0 is 0.0

    def bulk(found):
        text = shortest(found)
        return b"$%d\r\n%s\r\n" % (len(text), text)

    reply = re.sub(rb",(%s)\r\n" % number, lambda found: b",%s\r\n" % shortest(found), reply)
    return re.sub(rb"\$\d+\r\n(%s)\r\n" % number, bulk, reply)


def one_packed_encoding(reply):
    """A reply in which what Redis 7.0 calls small lists and sets, which are listpacks since 7.2, has
    one name."""
    for name in (b"$9\r\nquicklist\r\n", b"$9\r\nhashtable\r\n"):
        reply = reply.replace(name, b"$8\r\nlistpack\r\n")
    return reply


# What a cell may say of a reply as a whole: that it is the other's once both have this form.
FORMS = {"17 digits": shortest_numbers, "shortest digits": shortest_numbers,
         "older encodings": one_packed_encoding, "listpacks": one_packed_encoding}


def as_it_is(reply):
    return reply


def words_of(command):
    """The words of a command as scripts write it."""
    return [word.encode().decode("unicode_escape").encode("latin-1")
            for word in shlex.split(command)]


def fits(cell, reply):
    """Whether a reply is what a cell says: its beginning, or a word for many."""
    if cell == "any" or cell in FORMS:
        return True
    if cell == "unknown":
        return reply.startswith(UNKNOWN)
    if cell == "null":
        return reply in (b"*-1\r\n", b"_\r\n")
    return reply.startswith(cell.encode().decode("unicode_escape").encode("latin-1"))


class Difference(NamedTuple):
    example: str
    command: re.Pattern
    cells: dict  # version: what it answers
    ours: str  # what kevy answers
    apart: bool  # whether the data differ afterwards

    def concerns(self, version):
        return self.cells[version] != self.ours

    def matches(self, words):
        return self.command.fullmatch(b" ".join(words)) is not None

    def form(self, version) -> Optional[Callable]:
        return FORMS.get(self.cells[version])

    def explains(self, version, words, theirs, ours):
        if not self.concerns(version) or not self.matches(words):
            return False
        form = self.form(version)
        if form is not None:
            return form(theirs) == form(ours)
        return fits(self.cells[version], theirs) and fits(self.ours, ours)


def read_row(line):
    cells = dict(zip(COLUMNS, (cell.strip() for cell in re.split(r"\s\|(?:\s|$)", line)), strict=True))
    versions = {version: cells[version] for version in (REDIS, VALKEY)}
    ours = versions.get(cells["kevy"].removeprefix("as "), cells["kevy"])
    assert cells["afterwards"] in ("same", "apart"), line
    command = re.compile(cells["command"].encode(), re.IGNORECASE | re.DOTALL)
    return Difference(cells["example"], command, versions, ours, cells["afterwards"] == "apart")


def read_table():
    lines = TABLE.read_text().splitlines()
    return [read_row(line) for line in lines if line and line[0] != "#"]


class Differences:
    """Those that concern the comparison of kevy with one version."""

    def __init__(self, version):
        self.version = version
        self.rows = [row for row in read_table() if row.concerns(version)]
        # Patterns are asked of every command, so each kind of them is one.
        self._unknown = self._any_of(row for row in self.rows if row.cells[version] == "unknown")
        self._forms = [(self._any_of(row for row in self.rows if row.form(version) is form), form)
                       for form in set(FORMS.values())]
        self._replies = self._any_of(row for row in self.rows if row.form(version) is None)

    @staticmethod
    def _any_of(rows):
        patterns = [b"(?:%s)" % row.command.pattern for row in rows]
        return re.compile(b"|".join(patterns) or b"(?!)", re.IGNORECASE | re.DOTALL)

    def unknown(self, words):
        """Whether the version does not know this command, or not with these words."""
        return self._unknown.fullmatch(b" ".join(words)) is not None

    def possible(self, words):
        """Whether the version may answer this otherwise than in a form of its own."""
        return self._replies.fullmatch(b" ".join(words)) is not None

    def form(self, words):
        """The form in which replies to this command can be compared."""
        line = b" ".join(words)
        forms = [form for pattern, form in self._forms if pattern.fullmatch(line)]
        return lambda reply: reduce(lambda so_far, form: form(so_far), forms, reply)

    def find(self, words, theirs, ours):
        """The row that says that the two differ here, or None."""
        for row in self.rows:
            if row.explains(self.version, words, theirs, ours):
                return row
        return None

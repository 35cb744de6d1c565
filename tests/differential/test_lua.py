"""G3: scripts in Lua on kevy and on the references: what they return, and what they say is wrong.

lua/ has a file for each part, a script a line. HEX and SHOW at a line's beginning stand for functions:
hex(text), and show(value), which tells a value's type and contents.
"""

import re
from pathlib import Path

import pytest
from differences import REDIS, words_of
from doors import make_fresh

FILES = sorted((Path(__file__).parent / "lua").glob("*.txt"))
FUNCTIONS = {
    "HEX ": "local function hex(s) return (s:gsub('.', function(c) "
    "return string.format('%02x', c:byte()) end)) end ",
    "SHOW ": "local function show(x) if type(x) ~= 'table' then return type(x) .. ':' .. tostring(x) end "
    "local o = {} for k, v in pairs(x) do o[#o+1] = tostring(k) .. '=' .. "
    "(type(v) == 'table' and show(v) or type(v) == 'function' and 'function' or tostring(v)) end "
    "table.sort(o) return 'table:' .. table.concat(o, ';') end ",
}
FUNCTIONS["SHOW "] = FUNCTIONS["SHOW "].replace("local function show", "local show show = function", 1)
# What Redis 7.0 calls otherwise.
RENAMED = [
    (rb"( script:) \w+, on @", rb"\1 on @"),
    (rb"Unknown Redis command called", rb"Unknown command called"),
    (rb"args calling Redis command", rb"args calling command"),
    (rb"for this redis lib call", rb"for this call"),
    (rb"Lua redis lib command arguments", rb"Command arguments"),
    (rb"This Redis command", rb"This Valkey command"),
    (rb"redis\.(setresp|log|set_repl|acl_check_cmd)\(\)", rb"server.\1()"),
    (rb"redis\.register_function", rb"server.register_function"),
    (rb"Error registering functions: ERR (Library|Function) (names|already)", rb"Function \2"),
    (rb"NOSCRIPT No matching script. Please use EVAL.", rb"NOSCRIPT No matching script."),
    (rb"requires two arguments\. ", rb"requires one argument. "),
    (rb"Invalid debug level", rb"Invalid log level"),
]
# Valkey has os.clock, and commands that block without a wait; Redis 7.0 crashes over errors of tables.
ONLY_VALKEY = re.compile(r"\bos\b|\berror\(\{")


def script_of(line):
    for name, function in FUNCTIONS.items():
        if line.startswith(name):
            return function + line.removeprefix(name)
    return line


def as_valkey_says(reply):
    """A reply of Redis 7.0 with Valkey's words, and lengths left out where they differ by them."""
    for pattern, words in RENAMED:
        reply = re.sub(pattern, words, reply)
    return re.sub(rb"\$\d+\r\n(?=[^\r]*(called|calling) )", b"$\r\n", reply)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_lua_answers_as_the_reference(reference, kevy, path, protocol):
    make_fresh(reference, kevy)
    for door in (reference, kevy):
        door.run([b"HELLO", protocol])
    compared, different = 0, []
    for line in path.read_text().splitlines():
        if not line or line[0] == "#" or (reference.version == REDIS and ONLY_VALKEY.search(line)):
            continue
        compared += 1
        words = [b"EVAL", script_of(line).encode("latin-1"), b"2", b"key:1", b"key:2", b"arg"]
        theirs, ours = reference.run(words), kevy.run(words)
        if as_valkey_says(theirs) != as_valkey_says(ours):
            different.append((line, theirs, ours))
    assert different == [], "\n".join(f"{line}\n  {t!r}\n  {o!r}" for line, t, o in different)
    assert compared > 10


@pytest.mark.parametrize("protocol", [b"2", b"3"])
def test_scripts_and_libraries_are_kept_as_by_the_reference(reference, kevy, protocol):
    lines = (Path(__file__).parent / "lua" / "functions.commands").read_text().splitlines()
    lines = [line for line in lines if line[:1] not in ("", "#")]
    assert len(lines) > 15
    for line in lines:
        make_fresh(reference, kevy)
        for door in (reference, kevy):
            door.run([b"HELLO", protocol])
            door.run([b"FUNCTION", b"FLUSH"])
            door.run([b"SCRIPT", b"FLUSH"])
        for command in line.split(";"):
            theirs, ours = (door.run(words_of(command)) for door in (reference, kevy))
            what = f"{line}\n{command}\nkevy: {ours!r}\n{reference.version}: {theirs!r}"
            assert as_valkey_says(ours) == as_valkey_says(theirs), what

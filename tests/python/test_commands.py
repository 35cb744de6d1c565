"""Commands without a session: what goes in, what comes out, what is refused."""

from __future__ import annotations

import array
import ast
import ctypes
import enum
import re
from decimal import Decimal
from typing import Any

import libkevy as kevy
import pytest


class Colour(enum.IntEnum):
    RED = 1


def test_set_and_get(db: kevy.Instance[bytes]) -> None:
    db.set("k", "v")
    assert db.get("k") == b"v"
    assert db.get("none") is None


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("text", b"text"),
        ("grüße ☃", "grüße ☃".encode()),
        (b"any\x00\xff\r\n", b"any\x00\xff\r\n"),
        ("", b""),
        (bytearray(b"array"), b"array"),
        (memoryview(b"a view")[2:], b"view"),
        (memoryview(array.array("b", [65, 66])), b"AB"),
        (17, b"17"),
        (-(2**80), b"-1208925819614629174706176"),
        (Colour.RED, b"1"),
        (0.1, b"0.1"),
        (1e300, b"1e+300"),
        (float("inf"), b"inf"),
    ],
)
def test_words_are_bytes_text_and_numbers(
    db: kevy.Instance[bytes], given: Any, stored: bytes
) -> None:
    db.set("value", given)
    assert db.get("value") == stored
    db.set(given, "as a key")
    assert db.get(stored) == b"as a key"
    assert db.execute("ECHO", given) == stored
    assert db.pipeline().command("ECHO", given).execute() == [stored]
    assert db.get_many([given]) == [b"as a key"]


class Exposed(ctypes.Structure):
    """Merely exposes memory, as numpy's scalars do."""

    _fields_ = (("number", ctypes.c_int64),)


REFUSED = [
    (None, "NoneType"),
    (True, "bool"),
    (object(), "object"),
    (["k"], "list"),
    (("k", "v"), "tuple"),
    ({"k": 1}, "dict"),
    (array.array("b", b"bytes"), "array.array"),
    (ctypes.c_int64(7), "ctypes.c_long"),
    (Exposed(7), "test_commands.Exposed"),
    (ctypes.create_string_buffer(b"bytes"), "c_char_Array_6"),
    (Decimal("1.5"), "decimal.Decimal"),
    (1j, "complex"),
    (memoryview(array.array("i", [1, 2])), "memoryview of the format 'i'"),
    (memoryview(b"abcdef")[::2], "memoryview of the format 'B' with gaps"),
]


@pytest.mark.parametrize(("wrong", "name"), REFUSED)
def test_other_objects_are_refused(db: kevy.Instance[bytes], wrong: Any, name: str) -> None:
    pairs = db.pipeline().set("first", 1).command("SET", "k", wrong)
    with db.session() as session:
        for call in (
            lambda: db.get(wrong),
            lambda: db.set(wrong, "v"),
            lambda: db.set("k", wrong),
            lambda: db.set("k", wrong, nx=True),
            lambda: db.execute("SET", "k", wrong),
            pairs.execute,
            lambda: db.pipeline().get(wrong).execute(),
            lambda: db.pipeline(atomic=True).set("k", wrong).execute(),
            lambda: db.get_many([wrong]),
            lambda: db.set_many([("k", wrong)]),
            lambda: db.subscribe(wrong),
            lambda: session.execute("SET", "k", wrong),
            lambda: session.feed(wrong),
        ):
            with pytest.raises(kevy.DataError, match=f"not .*{re.escape(name)}"):
                call()
    assert issubclass(kevy.DataError, TypeError)
    assert db.dbsize() == 0


def test_numpys_scalars_are_refused_unless_they_are_words(db: kevy.Instance[bytes]) -> None:
    numpy = pytest.importorskip("numpy")
    for wrong in (numpy.int64(7), numpy.float32(1.5), numpy.bool_(True), numpy.array([1])):
        with pytest.raises(kevy.DataError, match="numpy"):
            db.set("k", wrong)
    db.set("k", numpy.float64(1.5))  # which is a float
    assert db.get("k") == b"1.5"
    db.set("k", numpy.str_("text"))  # which is a str
    assert db.get("k") == b"text"


def test_a_released_memoryview_is_refused(db: kevy.Instance[bytes]) -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        db.set("k", view)


def test_text_that_is_no_unicode_is_refused(db: kevy.Instance[bytes]) -> None:
    with pytest.raises(UnicodeEncodeError):
        db.set("k", "\ud800")
    assert db.get("k") is None


@pytest.mark.parametrize("size", [0, 1, 2047, 2048, 2049, 100_000, 3_000_000])
def test_values_of_every_size(db: kevy.Instance[bytes], size: int) -> None:
    value = bytes(range(256)) * (size // 256) + bytes(size % 256)
    db.set("k", value)
    assert db.get("k") == value
    assert db.execute("GET", "k") == value


def test_commands_with_many_words(db: kevy.Instance[bytes]) -> None:
    words = [word for i in range(5000) for word in (f"k{i}", i)]
    assert db.execute("MSET", *words) == b"OK"
    assert db.execute("EXISTS", *words[::2]) == 5000
    assert db.get("k4999") == b"4999"


def test_set_with_a_time_to_live(db: kevy.Instance[bytes]) -> None:
    db.clock.freeze()
    assert db.set("k", "v", px=1500) is True
    assert db.pttl("k") == 1500
    assert db.set("k", "v", ex=15) is True
    assert db.pttl("k") == 15_000
    assert db.set("k", "v", None, 77) is True
    assert db.pttl("k") == 77
    assert db.set("k", "v", ex=None, px=None) is True
    assert db.pttl("k") == -1


@pytest.mark.parametrize("span", [0, -1, 2**63 - 1, -(2**63), 2**70, 1.5, "ten"])
@pytest.mark.parametrize("unit", ["ex", "px"])
def test_a_time_to_live_that_redis_refuses(db: kevy.Instance[bytes], unit: str, span: Any) -> None:
    with pytest.raises(kevy.ResponseError, match=r"^ERR (invalid expire|value is not an integer)"):
        db.set("k", "v", **{unit: span})
    assert db.get("k") is None


def test_get_and_set_take_their_arguments_by_name(db: kevy.Instance[bytes]) -> None:
    assert db.set(name="k", value="v") is True
    assert db.get(name="k") == b"v"
    assert db.pipeline().get(name="k").execute() == [b"v"]


def test_wrong_signatures_are_type_errors(db: Any) -> None:
    for call in (
        db.get,
        lambda: db.get("a", "b"),
        lambda: db.get(key="a"),
        lambda: db.pipeline().get(),
        lambda: db.pipeline().get("a", "b"),
        lambda: db.pipeline().get(key="a"),
        lambda: db.pipeline().get("a").execute("GET"),
        lambda: db.pipeline().get("a").execute("GET", "a"),
        lambda: db.pipeline().get("a").execute(raise_on_errors=False),
        lambda: db.pipeline().command(),
        lambda: db.set("a"),
        lambda: db.set("a", "b", ttl=3),
        db.execute,
        db.session().execute,
    ):
        with pytest.raises(TypeError):
            call()


def test_many_at_once(db: kevy.Instance[bytes]) -> None:
    mixed: dict[str | bytes, str | int] = {"a": 1, b"b": "two"}
    db.set_many(mixed)
    db.set_many([("c", b"3")])
    db.set_many({})
    assert db.get_many(iter(["a", "none", "c", "b", "a"])) == [b"1", None, b"3", b"two", b"1"]
    assert db.get_many([]) == []


def test_replies_have_the_shapes_of_resp2(db: kevy.Instance[bytes]) -> None:
    assert db.execute("SET", "k", "1") == b"OK"
    assert db.execute("INCR", "k") == 2
    assert db.execute("GET", "none") is None
    assert db.execute("MGET", "k", "none") == [b"2", None]
    assert db.execute("CONFIG", "GET", "databases") == [b"databases", b"16"]


def test_replies_have_the_shapes_of_resp3() -> None:
    with kevy.start(protocol=3) as db:
        assert db.execute("CONFIG", "GET", "databases") == {b"databases": b"16"}
        (info,) = db.execute("COMMAND", "INFO", "get")
        assert {b"readonly", b"fast"} <= info[2]
        assert isinstance(info[2], set)
        with db.session() as session:
            hello = session.execute("HELLO", 3)
            assert hello[b"proto"] == 3
            assert session.execute("CLIENT", "INFO").startswith(b"id=")  # a verbatim string


def test_decoding(text_db: kevy.Instance[str]) -> None:
    db = text_db
    db.set("grüße", "☃")
    assert db.get("grüße") == "☃"
    assert db.execute("KEYS", "*") == ["grüße"]
    assert db.execute("SET", "k", "v") == "OK"
    assert db.get_many(["k", "none"]) == ["v", None]
    assert db.pipeline().get("k").execute() == ["v"]
    with db.session() as session:
        assert session.execute("GET", "k") == "v"
    with db.subscribe("c*", kind="pattern") as messages:
        db.execute("PUBLISH", "ch", "☃")
        assert messages.next(1) == kevy.Message("ch", "☃", "c*")


def test_decoding_what_is_no_text_is_an_error(text_db: kevy.Instance[str]) -> None:
    text_db.set("k", b"\xff" * 10)
    text_db.set("long", b"\xff" * 10_000)
    for call in (
        lambda: text_db.get("k"),
        lambda: text_db.get("long"),
        lambda: text_db.execute("GET", "k"),
        lambda: text_db.execute("MGET", "none", "k"),
    ):
        with pytest.raises(UnicodeDecodeError):
            call()


def test_errors_are_raised_with_redis_words(db: kevy.Instance[bytes]) -> None:
    db.set("text", "x")
    with pytest.raises(kevy.ResponseError) as caught:
        db.execute("INCR", "text")
    assert str(caught.value) == "ERR value is not an integer or out of range"
    assert caught.value.code == "ERR"
    assert type(caught.value) is kevy.ResponseError
    with pytest.raises(kevy.ResponseError, match=r"^ERR unknown command 'NOSUCH', with args"):
        db.execute("NOSUCH", "x")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("WRONGTYPE", kevy.WrongTypeError),
        ("NOAUTH", kevy.NoAuthError),
        ("WRONGPASS", kevy.WrongPasswordError),
        ("NOPERM", kevy.NoPermissionError),
        ("NOPROTO", kevy.NoProtocolError),
        ("NOSCRIPT", kevy.NoScriptError),
        ("OOM", kevy.OutOfMemoryError),
        ("READONLY", kevy.ReadOnlyError),
        ("MISCONF", kevy.MisconfiguredError),
        ("EXECABORT", kevy.ExecAbortError),
        ("ERR", kevy.ResponseError),
        ("WRONGTYPES", kevy.ResponseError),
    ],
)
def test_error_codes_have_kinds(code: str, kind: type[kevy.ResponseError]) -> None:
    error = kevy.errors.from_reply(f"{code} what is wrong".encode())
    assert type(error) is kind
    assert isinstance(error, kevy.Error)
    assert error.code == code


def test_a_password_is_for_connections_only() -> None:
    with kevy.start(requirepass="secret") as db:
        db.set("k", "v")
        assert db.get("k") == b"v"
        assert db.execute("GET", "k") == b"v"
        db.set_many({"k": "w"})
        assert db.get_many(["k"]) == [b"w"]
        with db.subscribe("k"):
            pass
        with db.session() as session:
            assert session.execute("GET", "k") == b"w"
            with pytest.raises(kevy.WrongPasswordError):
                session.execute("AUTH", "guess")
            assert session.execute("AUTH", "secret") == b"OK"
            assert session.execute("SET", "k", "v") == b"OK"


def test_commands_of_a_connection_need_a_session(db: kevy.Instance[bytes]) -> None:
    for words in (["MULTI"], ["SELECT", 1], ["SUBSCRIBE", "c"], ["WATCH", "k"]):
        with pytest.raises(kevy.ResponseError, match="session"):
            db.execute(*words)


def test_options() -> None:
    with kevy.start(shards=3, databases=4, protocol=3, maxclients=17) as db:
        assert db.execute("CONFIG", "GET", "maxclients") == {b"maxclients": b"17"}
        with db.session() as session:
            session.execute("SELECT", 3)
            with pytest.raises(kevy.ResponseError, match="out of range"):
                session.execute("SELECT", 4)


def test_directives() -> None:
    with kevy.start(directives={"maxclients": "18"}, notify_keyspace_events=b"KEA") as db:
        assert db.execute("CONFIG", "GET", "maxclients") == [b"maxclients", b"18"]
        assert db.execute("CONFIG", "GET", "notify-keyspace-events")[1]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"shards": 5000}, "shards"),
        ({"shards": -1}, "shards"),
        ({"databases": 2**32}, "databases"),
        ({"protocol": 4}, "protocol"),
        ({"no_such_directive": 1}, "there is no option 'no_such_directive'"),
        ({"maxclients": "many"}, "maxclients"),
        ({"directives": {"requirepass": "a\0b"}}, "NUL"),
        ({"directives": {"require\0pass": "b"}}, "NUL"),
        ({"shards": "2"}, "shards is a whole number, not '2'"),
        ({"threads": 1.5}, "threads is a whole number, not 1.5"),
        ({"protocol": True}, "protocol is a whole number, not True"),
        ({"databases": None}, "databases is a whole number, not None"),
        ({"decode": "yes"}, "decode is True or False, not 'yes'"),
        ({"listen": 6379}, "an address is a str"),
        ({"listen": [b"unix:x"]}, "an address is a str"),
        ({"directives": [("maxclients", 1)]}, "directives is a mapping"),
        ({"maxclients": None}, "maxclients is None; leave it out"),
        ({"decode_responses": True}, "'decode_responses'; did you mean decode?"),
        ({"port": 0}, "'port'; did you mean listen?"),
        ({"password": "x"}, "'password'; did you mean requirepass?"),
        ({"max_clients": 5}, "'max_clients'; did you mean maxclients?"),
        ({"shard": 5}, "'shard'; did you mean shards?"),
        ({"notify_keyspace_event": "KEA"}, "did you mean notify_keyspace_events?"),
        ({"directives": {"time-out": 5}}, "did you mean timeout?"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], names: str) -> None:
    with pytest.raises(kevy.InvalidError, match=re.escape(names)):
        kevy.start(**options)


def test_the_options_in_docstrings_exist() -> None:
    """What is recommended there can be done: keywords with values, and attributes of kevy."""
    text = f"{kevy.__doc__}{kevy.start.__doc__}"
    options = re.findall(r"\b(\w+)=(\d+|\"[^\"]*\"|True|False)", text)
    assert len(options) >= 2
    for name, value in options:
        kevy.start(**{name: ast.literal_eval(value)}).stop()
    named = set(re.findall(r"``kevy\.(\w+)", text))
    assert len(named) >= 2
    assert all(hasattr(kevy, name) for name in named)


def test_no_words_of_c_reach_the_user(db: Any) -> None:
    session = db.session()
    for call in (
        db.subscribe,
        lambda: db.subscribe("c", kind="none"),
        lambda: db.subscribe("c", callback=5),
        lambda: db.listen(5),
        lambda: db.listen(""),
        lambda: db.listen("a\0b"),
        lambda: db.get_many(5),
        lambda: db.set_many([1]),
        lambda: session.take(-1),
        lambda: session.take(2**62),
        lambda: session.feed("PING"),
        lambda: session.feed(5),
        lambda: session.next("soon"),
        lambda: db.clock.advance("1"),
        lambda: db.execute(),
        lambda: db.pipeline().command(),
    ):
        with pytest.raises((kevy.Error, TypeError, ValueError)) as caught:
            call()
        for word in ("NULL", "argc", "argv", "kevy_", "incompatible", "_native", "std::"):
            assert word not in str(caught.value), caught.value


def test_instances_are_isolated() -> None:
    with kevy.start() as one, kevy.start() as other:
        one.set("k", "one")
        assert other.get("k") is None


def test_a_subclass_has_to_call_init() -> None:
    class Careless(kevy.Instance[bytes]):
        def __init__(self) -> None:
            pass

    with pytest.raises((TypeError, AttributeError)):
        Careless().get("k")


def test_docstrings_and_signatures_reach_the_user() -> None:
    for method in ("get", "set", "execute"):
        assert "\n" not in (getattr(kevy.Instance, method).__doc__ or "\n").splitlines()[0]
    assert kevy.__doc__ is not None

"""Ends: stop, garbage collection, the interpreter's exit, fork()."""

from __future__ import annotations

import contextlib
import copy
import gc
import os
import pickle
import signal
import threading
import weakref
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from conftest import DEADLINE, run_python
from libkevy._door import InstanceHandle, SessionHandle, SubscriptionHandle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_rules_save_when_it_is_stopped_and_what_fails_is_told(tmp_path: Path) -> None:
    with kevy.start(dir=str(tmp_path), save="900 1") as db:
        db.set("of alice", "1")
    db = kevy.start(dir=str(tmp_path), save="900 1")
    assert db.get("of alice") == b"1"
    db.set("of alice", "2")
    (tmp_path / "dump.rdb").unlink()
    (tmp_path / "dump.rdb").mkdir()
    with pytest.raises(kevy.HostError, match=r"dump\.rdb"):
        db.stop()
    assert db.stopped
    db.stop()


def test_use_after_stop() -> None:
    db = kevy.start()
    clock = db.clock
    db.stop()
    db.stop()
    assert db.stopped
    assert repr(db) == "<libkevy.Instance stopped>"
    for call in (
        lambda: db.get("k"),
        lambda: db.set("k", "v"),
        lambda: db.execute("PING"),
        lambda: db.get_many(["k"]),
        lambda: db.set_many({"k": "v"}),
        lambda: db.listen("127.0.0.1:0"),
        lambda: db.addresses,
        lambda: db.subscribe("c"),
        db.session,
        db.pipeline().get("k").execute,
        db.pipeline(atomic=True).get("k").execute,
        clock.now,
        clock.freeze,
        clock.resume,
        lambda: clock.advance(1),
        db.__enter__,
    ):
        with pytest.raises(kevy.ClosedError):
            call()


def test_a_handle_has_no_second_owner(db: kevy.Instance[bytes]) -> None:
    with db.session() as session, db.subscribe("c") as messages:
        handles = (db, session, messages, db.pipeline(), session.pipeline(atomic=True))
        for handle in (*handles, [db], {"session": session}, db.clock):
            for duplicate in (copy.deepcopy, pickle.dumps):
                with pytest.raises(TypeError, match="cannot be copied or pickled"):
                    duplicate(handle)
        for handle in handles:
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                copy.copy(handle)
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                handle.__reduce__()
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with pytest.raises(TypeError, match="cannot be copied or pickled"):
                    pickle.dumps(handle, protocol)
        assert session.execute("PING") == b"PONG"


def test_no_way_around_a_handle_makes_a_second_owner() -> None:
    printed = run_python(
        """
import copyreg
import libkevy as kevy
db = kevy.start()
session, messages = db.session(), db.subscribe("c")
for handle in (db, session, messages, db.pipeline(), session.pipeline(atomic=True)):
    ways = [object.__reduce__, lambda handle: handle.__getstate__()]
    ways += [lambda handle, n=n: object.__reduce_ex__(handle, n) for n in range(6)]
    ways += [lambda handle, n=n: copyreg._reduce_ex(handle, n) for n in (0, 1)]
    for way in ways:
        try:
            print(handle, way(handle))
        except TypeError:
            pass
print(session.execute("PING"), len(session.execute("CLIENT", "LIST").splitlines()))
"""
    )
    assert printed == "b'PONG' 2\n"


def test_a_second_init_is_refused_and_leaves_nothing(db: kevy.Instance[bytes]) -> None:
    def alive() -> tuple[int, Any]:
        with db.session() as asking:
            clients = asking.execute("CLIENT", "LIST").splitlines()
        return len(clients), db.execute("PUBSUB", "NUMSUB", "c")

    before = alive()
    session, messages = db.session(), db.subscribe("c")
    made = alive()

    def again_of_messages() -> None:
        kevy.Subscription.__init__(messages, db, ("c",))

    calls: Any = (
        (lambda: kevy.Instance.__init__(db), InstanceHandle, (1, 1, 2, 1, [], False, [], None)),
        (lambda: kevy.Session.__init__(session, db), SessionHandle, (db,)),
        (again_of_messages, SubscriptionHandle, (db, 0, ("c",))),
    )
    db.set("k", "v")
    for handle, (again, door, arguments) in zip((db, session, messages), calls):
        with pytest.raises(TypeError, match=r"__init__\(\) was called before"):
            again()
        with contextlib.suppress(TypeError):
            door.__init__(handle, *arguments)
    assert alive() == made
    assert session.get("k") == b"v"
    db.publish("c", "m")
    message = messages.next(DEADLINE)
    assert message is not None
    assert message.payload == b"m"
    session.close()
    messages.close()
    assert alive() == before
    for again, *_ in calls:
        with pytest.raises(TypeError, match="called before"):
            again()
    assert alive() == before


# All that is asked of objects whose __init__ was not called, or has failed, in a process that it
# could bring down. Prints the answers that are no TypeError which says so.
UNMADE = """
import asyncio, gc, sys
import libkevy as kevy
name, way = sys.argv[1:]
kind = getattr(kevy, name)
stopped = kevy.start()
stopped.stop()
MAKE = {
    "Instance": lambda self: kind.__init__(self, shards=1 << 20),
    "Session": lambda self: kind.__init__(self, stopped),
    "Subscription": lambda self: kind.__init__(self, stopped, ("c",)),
}
class Failing(kind):
    def __init__(self):
        kept.append(self)
        MAKE[name](self)
class Silent(kind):
    def __init__(self):
        kept.append(self)
kept = []
if way == "new":
    kept.append(kind.__new__(kind))
else:
    try:
        (Failing if way == "failed" else Silent)()
    except (TypeError, kevy.Error):
        pass
(unmade,) = kept
INSTANCE = {
    "execute": ("PING",), "get": ("k",), "set": ("k", "v"), "ping": (), "blpop": ("k",),
    "aexecute": ("PING",), "get_many": (["k"],), "set_many": ({"k": "v"},), "session": (),
    "subscribe": ("c",), "connect": (), "listen": ("127.0.0.1:0",), "addresses": None, "save": (),
    "backup": ("file",), "load": ("file",), "stop": (), "stopped": None, "__enter__": (),
    "__exit__": (None, None, None),
}
OPEN = {"close": (), "closed": None, "__exit__": (None, None, None), "fileno": ()}
SESSION = {
    **OPEN, "execute": ("PING",), "get": ("k",), "blpop": ("k",), "aexecute": ("PING",),
    "cancel": (), "next": (0,), "anext": (), "feed": (b"PING\\r\\n",), "take": (), "__enter__": (),
}
SUBSCRIPTION = {**OPEN, "next": (0,), "__next__": (), "__anext__": ()}
def ask(call, *args):
    try:
        answer = call(*args)
        return asyncio.run(answer) if hasattr(answer, "send") else answer
    except Exception as error:
        return error
def answers():
    asked = {"Instance": INSTANCE, "Session": SESSION, "Subscription": SUBSCRIPTION}[name]
    for member, args in asked.items():
        if args is None:
            yield member, ask(getattr, unmade, member)
        else:
            yield member, ask(lambda: getattr(unmade, member)(*args))
    if name == "Instance":
        yield "Session()", ask(kevy.Session, unmade)
        yield "clock", ask(lambda: unmade.clock.now())
        yield "set, with options", ask(lambda: unmade.set("k", "v", nx=True))
    if name != "Subscription":
        for atomic in (False, True):
            yield "pipeline", ask(lambda: unmade.pipeline(atomic=atomic).get("k").execute())
for member, answer in answers():
    if type(answer) is not TypeError or "__init__() was not called" not in str(answer):
        print(member, repr(answer))
assert "not started" in repr(unmade) or name != "Instance", repr(unmade)
assert str(unmade)
assert not hasattr(unmade, "none")
kept.clear()
del unmade
gc.collect()
"""


@pytest.mark.parametrize("way", ["new", "failed", "silent"])
@pytest.mark.parametrize("kind", ["Instance", "Session", "Subscription"])
def test_what_was_not_initialised_is_a_type_error(kind: str, way: str) -> None:
    assert run_python(UNMADE, kind, way) == ""


@pytest.mark.parametrize("kind", [kevy.Script, kevy.BitField, kevy.Clock])
def test_what_a_handle_gives_is_a_type_error_where_it_was_not_initialised(kind: Any) -> None:
    unmade = kind.__new__(kind)
    call = {kevy.Script: "__call__", kevy.BitField: "execute", kevy.Clock: "now"}[kind]
    with pytest.raises(TypeError, match="was not called"):
        getattr(unmade, call)()
    assert repr(unmade)


@pytest.mark.skipif(kevy.backend != "native", reason="of the compiled door's layout")
def test_an_object_of_two_classes_is_taken_for_neither_before_it_is_made() -> None:
    printed = run_python(
        """
from libkevy._native import InstanceHandle, SessionHandle
class Both(InstanceHandle, SessionHandle):
    def __init__(self):
        InstanceHandle.__init__(self, 1, 1, 2, 1, [], False, [], None)
        kept.append(self)
kept = []
try:
    Both()
except TypeError:
    pass
print(kept[0].execute("PING"))
try:
    SessionHandle.execute(kept[0], "PING")
except TypeError as error:
    print(error)
"""
    )
    assert printed == "b'PONG'\nBoth.__init__() was not called, or has failed\n"


def test_sessions_and_subscriptions_outlive_their_instance() -> None:
    db = kevy.start()
    session, messages = db.session(), db.subscribe("c")
    db.stop()
    with pytest.raises(kevy.ClosedError):
        session.execute("PING")
    assert list(messages) == []
    session.close()
    messages.close()


def test_an_instance_without_references_is_stopped() -> None:
    db = kevy.start()
    alive = weakref.ref(db)
    messages = db.subscribe("c")
    del db
    gc.collect()
    assert alive() is None
    with pytest.raises(kevy.ClosedError):
        messages.next(0)


def test_a_callback_keeps_no_instance_alive() -> None:
    db = kevy.start()
    subscription = db.subscribe("c", callback=print)
    alive = weakref.ref(db)
    del db
    gc.collect()
    assert alive() is None
    subscription.close()


def test_regress_a_stopped_instance_that_is_collected_waits_for_nothing() -> None:
    for _ in range(2000):
        db: Any = kevy.start(shards=1)
        db.cycle = db
        with pytest.raises(kevy.ResponseError) as kept:
            db.set("k", "v", ex="ten")
        db.error = kept
        db.stop()
        db.stop()
    gc.collect()


def test_stop_waits_for_the_calls_of_other_threads() -> None:
    db = kevy.start()
    finished = []

    def sleep() -> None:
        db.pipeline().command("PUBLISH", "c", "x").command("DEBUG", "SLEEP", "0.2").execute()
        finished.append(True)

    messages = db.subscribe("c")
    sleeping = threading.Thread(target=sleep)
    sleeping.start()
    assert messages.next(DEADLINE) is not None
    db.stop()
    sleeping.join(DEADLINE)
    assert finished == [True]


def test_many_threads_use_one_instance(db: kevy.Instance[bytes]) -> None:
    def work(number: int) -> None:
        with db.session() as session:
            for i in range(500):
                db.execute("INCR", "sum")
                db.set(f"{number}:{i}", i)
                assert db.get(f"{number}:{i}") == b"%d" % i
                assert session.execute("GET", f"{number}:{i}") == b"%d" % i

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert db.get("sum") == b"4000"


def work_until_closed(
    db: kevy.Instance[bytes], started: threading.Barrier, ended: list[bool]
) -> None:
    started.wait(DEADLINE)
    try:
        while True:
            db.set("k", "v")
            db.execute("KEYS", "*")
    except kevy.ClosedError:
        ended.append(True)


def test_stopping_while_threads_work_raises_in_them_and_harms_nothing() -> None:
    for _ in range(20):
        db = kevy.start()
        started = threading.Barrier(5)
        ended: list[bool] = []
        threads = [
            threading.Thread(target=work_until_closed, args=(db, started, ended)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        started.wait(DEADLINE)
        db.stop()
        for thread in threads:
            thread.join(DEADLINE)
        assert len(ended) == 4


def test_many_instances_come_and_go() -> None:
    def descriptors_and_threads() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))

    before = descriptors_and_threads()
    for i in range(1000):
        with kevy.start() as db:
            db.set("k", i, px=60_000)
            assert db.get("k") == b"%d" % i
    alive = [kevy.start() for _ in range(200)]
    for i, db in enumerate(alive):
        db.set("k", i)
    assert [db.get("k") for db in alive] == [b"%d" % i for i in range(200)]
    for db in alive:
        db.stop()
    after = descriptors_and_threads()
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@pytest.mark.parametrize(
    "program",
    [
        "db = kevy.start(); db.set('k', 'v')",
        "db = kevy.start(); messages = db.subscribe('c')",
        "kevy.start().subscribe('c', callback=print)",
        "db = kevy.start(); db.subscribe('c', callback=print); db.execute('PUBLISH', 'c', 'x')",
        "db = kevy.start(); session = db.session(); session.execute('MULTI')",
        "db = kevy.start(); messages = db.subscribe('c'); db.cycle = [db, messages]",
        "db = kevy.start(); messages = db.subscribe('c');"
        "threading.Thread(target=list, args=[messages], daemon=True).start()",
        "db = kevy.start(); s = db.session(); s.execute('SUBSCRIBE', 'c')",
    ],
)
def test_the_interpreter_ends_with_kevy_alive(program: str) -> None:
    run_python(f"import libkevy as kevy, threading; {program}")


def test_regress_stopping_while_calls_begin_is_only_ever_closed() -> None:
    for _ in range(40):
        db = kevy.start(shards=1)
        ends: list[BaseException] = []

        def work(db: kevy.Instance[bytes] = db, ends: list[BaseException] = ends) -> None:
            try:
                while True:
                    db.execute("KEYS", "*")
                    db.set("k", "v")
                    db.get("k")
            except kevy.Error as error:
                ends.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        while db.get("k") is None:
            pass
        db.stop()
        for thread in threads:
            thread.join(DEADLINE)
        assert [type(end) for end in ends] == [kevy.ClosedError] * 4, ends


def test_the_interpreter_ends_while_daemon_threads_use_kevy() -> None:
    run_python(
        """
import libkevy as kevy, threading, time
db = kevy.start()
def work():
    with db.session() as session:
        try:
            while True:
                db.execute("KEYS", "*")
                db.set("k", "v")
                session.execute("DEBUG", "SLEEP", "0.0001")
        except kevy.ClosedError:
            pass
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
while db.get("k") is None:
    time.sleep(0.001)
"""
    )


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where the tests were started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_interrupts_a_wait(db: kevy.Instance[bytes]) -> None:
    messages = db.subscribe("c")
    threading.Timer(0.05, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        messages.next()
    with db.session() as session:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            session.next(DEADLINE)


def test_regress_the_tests_of_ctrl_c_pass_where_it_is_ignored() -> None:
    """As when they are started by nohup, or by a CI."""
    tests = f"{__file__}::test_ctrl_c_interrupts_a_wait"
    program = f"""
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.SIG_IGN)
code = pytest.main(["-q", "-p", "no:cacheprovider", {tests!r}])
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
sys.exit(code)
"""
    assert "1 passed" in run_python(program)


INTERRUPTED = """
import random, signal, sys
import libkevy as kevy
sys.unraisablehook = id  # an alarm may come in a weakref callback
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
db = kevy.start()
db.set("k", "v")
session = db.session()
for call in [db.get] * 500 + [session.get] * 500:
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + random.random() * 0.0003)
        for _ in range(100_000):  # long enough
            call("k")
    except KeyboardInterrupt:
        pass
session.close()
db.stop()
print("stopped")
"""


# Ctrl-C at any moment of stop(), and of close(), which are called but once.
INTERRUPTED_ENDS = """
import gc, os, random, signal, sys, threading, time
import libkevy as kevy
sys.unraisablehook = id  # an alarm may come in a finalizer
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
def once(end, busy=lambda: None):
    try:
        signal.setitimer(signal.ITIMER_REAL, random.random() * 0.0004 + 1e-6)
        end()
        busy()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        pass
kevy.start(listen="127.0.0.1:0", threads=1, shards=1).stop()
def spin():
    for _ in range(20000):
        pass
def threads():
    return len(os.listdir("/proc/self/task"))
before = threads()
for i in range(300):
    db = kevy.start(listen="127.0.0.1:0", threads=1, shards=1)
    session, messages = db.session(), db.subscribe("c")
    if i % 3 == 0:
        sleeping = threading.Thread(target=db.execute, args=("DEBUG", "SLEEP", "0.002"))
        sleeping.start()
    for end in (messages.close, session.close, db.stop):
        once(end, spin)
    if i % 3 == 0:
        sleeping.join()
    del db, session, messages, end
    gc.collect()
deadline = time.monotonic() + 20
while threads() > before and time.monotonic() < deadline:
    time.sleep(0.01)
print(threads() - before, "threads left")
"""


def test_regress_ctrl_c_while_it_stops_does_not_keep_it_from_stopping() -> None:
    assert run_python(INTERRUPTED_ENDS) == "0 threads left\n"


def test_regress_after_ctrl_c_a_session_is_usable_and_an_instance_stops() -> None:
    assert run_python(INTERRUPTED) == "stopped\n"


FORK = """
import os, sys, threading
import libkevy as kevy
parent = kevy.start()
parent.set("k", "v")
session, messages = parent.session(), parent.subscribe("c")
called = parent.subscribe("c", callback=print)
waiting = parent.subscribe("c")
threading.Thread(target=list, args=(waiting,)).start()
child = os.fork()
if child == 0:
    for call in (
        lambda: parent.get("k"),
        lambda: parent.set("k", "x"),
        lambda: parent.execute("PING"),
        lambda: parent.get_many(["k"]),
        lambda: parent.pipeline().get("k").execute(),
        lambda: parent.subscribe("c"),
        lambda: session.execute("PING"),
        lambda: session.next(0),
        lambda: messages.next(0),
        lambda: next(messages),
        lambda: messages.fileno(),
        parent.session,
        parent.clock.now,
    ):
        try:
            call()
        except kevy.ForkedError:
            continue
        os._exit(1)
    session.close()
    messages.close()
    waiting.close()
    called.close()
    parent.stop()
    with kevy.start() as own:
        own.set("k", "child")
        got = []
        done = threading.Event()
        own.subscribe("c", callback=lambda message: (got.append(message), done.set()))
        own.execute("PUBLISH", "c", "x")
        if not (own.get("k") == b"child" and done.wait(10)):
            os._exit(2)
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert parent.get("k") == b"v"
parent.stop()
print("both fine")
"""


def test_a_child_of_fork_gets_an_error_and_may_start_its_own() -> None:
    assert run_python(FORK) == "both fine\n"


# With cffi's lock held, as a child finds it whose parent had another thread in it at the fork.
LOCKED = """
import libkevy as kevy
from libkevy._cffi_library import ffi
with ffi._lock, kevy.start(listen="127.0.0.1:0", maxclients="10") as db:
    db.set("k", "v")
    assert db.get("k") == b"v"
    db.set_many({"a": 1, "b": bytearray(3000)})
    assert [len(value) for value in db.get_many(["a", "b"])] == [1, 3000]
    assert len(db.get("b")) == 3000
    assert db.hset("h", mapping={str(i): i for i in range(10)}) == 10
    assert len(db.hgetall("h")) == 10
    assert db.pipeline(atomic=True).incr("n").incr("n").execute() == [1, 2]
    db.clock.freeze()
    db.clock.advance(1)
    assert db.clock.now() > 0
    db.clock.resume()
    try:
        db.get("h")
    except kevy.WrongTypeError:
        pass
    with db.session() as session, db.subscribe("c*", kind="pattern") as messages:
        session.execute("SUBSCRIBE", "c")
        db.execute("PUBLISH", "c", "x")
        assert messages.next(10) == kevy.Message(b"c", b"x", b"c*")
        assert session.next(10) == [b"message", b"c", b"x"]
        assert messages.next(0) is None
        assert session.fileno() != messages.fileno()
    with db.session() as session:
        session.feed(b"PING\\r\\n")
        assert session.take() == b"+PONG\\r\\n"
print("never waited")
"""


@pytest.mark.skipif(kevy.backend != "cffi", reason="the lock is cffi's")
def test_regress_no_call_needs_the_lock_of_cffi() -> None:
    assert run_python(LOCKED) == "never waited\n"

"""Commands that wait: on threads, in event loops and greenlets; how they end; nothing is lost."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from conftest import DEADLINE, eventually, run_python

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(body, DEADLINE))


def waiting(db: kevy.Instance[bytes]) -> int:
    return int(db.info("clients")["blocked_clients"])


async def until_waiting(db: kevy.Instance[bytes], count: int) -> None:
    while waiting(db) < count:  # noqa: ASYNC110 - nobody else can tell
        await asyncio.sleep(0)


class Thread(threading.Thread):
    """Runs a function; ``result`` is what it gave or raised."""

    def __init__(self, call: Any, *args: Any) -> None:
        super().__init__(daemon=True)
        self.call, self.args = call, args
        self.result: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self.call(*self.args)
        except BaseException as error:
            self.result = error

    def end(self) -> Any:
        self.join(DEADLINE)
        assert not self.is_alive()
        return self.result


# ---- Threads -----------------------------------------------------------------------------------


def test_a_thread_waits_and_others_go_on(db: kevy.Instance[bytes]) -> None:
    taker = Thread(db.blpop, ["none", "list"])
    eventually(lambda: waiting(db) == 1)
    db.rpush("list", "x")
    assert taker.end() == (b"list", b"x")


def test_a_session_waits(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        taker = Thread(session.bzpopmin, "set")
        eventually(lambda: waiting(db) == 1)
        with pytest.raises(kevy.InvalidError, match="another thread"):
            session.ping()
        db.zadd("set", {"a": 1.5})
        assert taker.end() == (b"set", b"a", 1.5)
        assert session.ping()


def test_first_come_first_served(db: kevy.Instance[bytes]) -> None:
    takers = []
    for number in range(8):
        takers.append(Thread(db.blpop, "list"))
        eventually(lambda number=number: waiting(db) == number + 1)  # type: ignore[misc]
    db.rpush("list", *range(8))
    assert [taker.end()[1] for taker in takers] == [b"%d" % number for number in range(8)]


def sessions_of(db: kevy.Instance[bytes]) -> int:
    with db.session() as asking:
        return len(asking.execute("CLIENT", "LIST").splitlines()) - 1


def test_few_of_the_sessions_that_waited_are_kept(db: kevy.Instance[bytes]) -> None:
    takers = [Thread(db.blpop, "list") for _ in range(200)]
    eventually(lambda: waiting(db) == 200)
    assert sessions_of(db) == 200
    db.rpush("list", *range(200))
    assert sorted(int(taker.end()[1]) for taker in takers) == list(range(200))
    assert sessions_of(db) == 64

    async def wait() -> None:
        tasks = [asyncio.ensure_future(db.aexecute("BLPOP", "list", 0)) for _ in range(200)]
        await until_waiting(db, 200)
        db.rpush("list", *range(200))
        await asyncio.gather(*tasks)

    run(wait())
    assert sessions_of(db) == 64


def test_no_session_is_kept_by_a_stopped_instance() -> None:
    db = kevy.start()
    takers = [Thread(db.blpop, "list") for _ in range(3)]
    eventually(lambda: waiting(db) == 3)
    db.stop()
    assert all(isinstance(taker.end(), kevy.ClosedError) for taker in takers)
    assert not db._sessions


def test_a_wait_that_another_thread_cancels(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        assert session.cancel() is False
        taker = Thread(session.blpop, "list")
        eventually(lambda: waiting(db) == 1)
        assert session.cancel() is True
        assert isinstance(taker.end(), kevy.CancelledError)
        db.rpush("list", "x")
        assert session.lpop("list") == b"x"


@pytest.mark.parametrize("end", ["stop", "kill", "unblock"])
def test_waits_that_end_otherwise(end: str) -> None:
    db = kevy.start()
    session = db.session()
    number = session.execute("CLIENT", "ID")
    taker = Thread(session.blpop, "list")
    eventually(lambda: waiting(db) == 1)
    if end == "stop":
        db.stop()
        assert isinstance(taker.end(), kevy.ClosedError)
    elif end == "kill":
        db.session().execute("CLIENT", "KILL", "ID", number)
        assert isinstance(taker.end(), kevy.ClosedError)
    else:
        db.session().execute("CLIENT", "UNBLOCK", number, "ERROR")
        assert "UNBLOCKED" in str(taker.end())
        assert session.ping()
    session.close()
    db.stop()


def test_no_element_is_lost_or_given_twice_while_waits_are_cancelled(
    db: kevy.Instance[bytes],
) -> None:
    total = 400
    taken: list[int] = []
    is_over = threading.Event()

    def take(session: kevy.Session[bytes]) -> None:
        while not is_over.is_set():
            try:
                element = session.blpop("list")
            except kevy.CancelledError:
                continue
            assert element is not None
            taken.append(int(element[1]))

    def cancel(sessions: list[kevy.Session[bytes]]) -> None:
        while not is_over.is_set():
            for session in sessions:
                session.cancel()

    sessions = [db.session() for _ in range(3)]
    threads = [Thread(take, session) for session in sessions]
    canceller = Thread(cancel, sessions)
    for number in range(total):
        db.rpush("list", number)
    eventually(lambda: len(taken) == total)
    is_over.set()
    for session, thread in zip(sessions, threads):
        eventually(
            lambda session=session, thread=thread: bool(  # type: ignore[misc]
                session.cancel() or not thread.is_alive()
            )
        )
        assert thread.end() is None
    assert canceller.end() is None
    assert sorted(taken) == list(range(total))


# ---- Ctrl-C ------------------------------------------------------------------------------------

INTERRUPTED = """
import os, signal, threading
import libkevy as kevy
signal.signal(signal.SIGINT, signal.default_int_handler)
db = kevy.start()
session = db.session()
def interrupt():
    while db.info("clients")["blocked_clients"] != 1:
        pass
"""

TO_THE_PROCESS = """
    os.kill(os.getpid(), signal.SIGINT)
"""

# As where it comes just before the wait begins: no call into the system is cut short.
TO_ANOTHER_THREAD = """
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
"""


@pytest.mark.parametrize("sent", ["to the process", "to another thread"])
@pytest.mark.parametrize("way", ["blpop(key)", "pipeline(atomic=False).blpop(key).execute()"])
@pytest.mark.parametrize("target", ["db", "session", "db.redis()"])
def test_ctrl_c_ends_a_wait(target: str, way: str, sent: str) -> None:
    if target == "db.redis()":
        way = way.replace("atomic", "transaction")
    sends = TO_ANOTHER_THREAD if sent == "to another thread" else TO_THE_PROCESS
    program = f"""
target = {target}
threading.Thread(target=interrupt).start()
key = "list"
try:
    target.{way}
except KeyboardInterrupt:
    print("interrupted", db.info("clients")["blocked_clients"])
db.rpush("list", "x")
print(target.blpop("list"))
"""
    assert run_python(INTERRUPTED + sends + program) == "interrupted 0\n(b'list', b'x')\n"


@pytest.mark.parametrize("again", ["_cancel", "_end_wait", "_end_after"])
@pytest.mark.parametrize("target", ["db", "session", "db.redis()"])
def test_ctrl_c_again_and_again_while_the_first_ends_a_wait(target: str, again: str) -> None:
    """It comes before the first line of what ends the wait, twice."""
    program = f"""
def interrupted(*_):
    global times
    times += 1
    if times == 2:
        kevy.Session.{again} = end
    raise KeyboardInterrupt
times, end, kevy.Session.{again} = 0, kevy.Session.{again}, interrupted
target = {target}
threading.Thread(target=interrupt).start()
try:
    target.blpop("list")
except KeyboardInterrupt:
    print("interrupted", db.info("clients")["blocked_clients"])
db.rpush("list", "x")
print(target.blpop("list"))
"""
    printed = run_python(INTERRUPTED + TO_THE_PROCESS + program)
    assert printed == "interrupted 0\n(b'list', b'x')\n"


def test_ctrl_c_again_while_the_wait_of_a_task_is_ended() -> None:
    program = """
import asyncio
def interrupted(session):
    kevy.Session._end_wait = end
    raise KeyboardInterrupt
end, kevy.Session._end_wait = kevy.Session._end_wait, interrupted
async def cancel():
    task = asyncio.ensure_future(session.aexecute("BLPOP", "list", 0))
    while db.info("clients")["blocked_clients"] != 1:
        await asyncio.sleep(0)
    task.cancel()
    await task
try:
    asyncio.run(cancel())
except KeyboardInterrupt:
    print("interrupted", db.info("clients")["blocked_clients"])
db.rpush("list", "x")
print(session.blpop("list"))
"""
    assert run_python(INTERRUPTED + program) == "interrupted 0\n(b'list', b'x')\n"


def test_ctrl_c_at_the_moment_that_an_element_comes_is_later() -> None:
    """The handler raises inside of the wait alone: what it raises behind it is the caller's."""
    program = """
late = 0
def handle(signum, frame):
    global late
    while frame is not None:
        if frame.f_code.co_name == "_wait_for_reply":
            raise KeyboardInterrupt
        frame = frame.f_back
    late += 1
signal.signal(signal.SIGINT, handle)
taken = []
def push_and_interrupt():
    for i in range(20):
        while db.info("clients")["blocked_clients"] != 1:
            pass
        db.rpush("list", i)
        os.kill(os.getpid(), signal.SIGINT)
        while len(taken) <= i:
            pass
thread = threading.Thread(target=push_and_interrupt)
thread.start()
interrupted = 0
while len(taken) < 20:
    try:
        taken.append(int(session.blpop("list")[1]))
    except KeyboardInterrupt:
        interrupted += 1
thread.join()
print(taken == list(range(20)))
"""
    assert run_python(INTERRUPTED + TO_THE_PROCESS + program) == "True\n"


# ---- asyncio -----------------------------------------------------------------------------------


def test_many_tasks_wait_at_once(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        tasks = [asyncio.ensure_future(db.aexecute("BLPOP", f"list {i}", 0)) for i in range(200)]
        await until_waiting(db, 200)
        for i in range(200):
            db.rpush(f"list {i}", i)
        taken = await asyncio.gather(*tasks)
        assert taken == [[b"list %d" % i, b"%d" % i] for i in range(200)]
        assert await db.aexecute("LLEN", "list 7") == 0
        with pytest.raises(kevy.WrongTypeError):
            db.set("string", "x")
            await db.aexecute("BLPOP", "string", 0)

    run(body())


def test_a_cancelled_task_takes_its_waiter_away(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        with db.session() as session:
            task = asyncio.ensure_future(session.aexecute("BLPOP", "list", 0))
            await until_waiting(db, 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert waiting(db) == 0
            db.rpush("list", "x")
            assert await session.aexecute("BLPOP", "list", 0) == [b"list", b"x"]

    run(body())


@pytest.mark.parametrize("way", ["cancel", "wait_for"])
def test_cancellation_at_any_moment_loses_no_element(db: kevy.Instance[bytes], way: str) -> None:
    async def body() -> None:
        taken: list[int] = []
        with db.session() as session:

            async def take() -> None:
                while True:
                    taken.append(int((await session.aexecute("BLPOP", "list", 0))[1]))

            for i in range(200):
                if way == "cancel":
                    task = asyncio.ensure_future(take())
                    for _ in range(i % 4):
                        await asyncio.sleep(0)
                    db.rpush("list", i)
                    for _ in range(i % 3):
                        await asyncio.sleep(0)
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await asyncio.wait_for(task, DEADLINE)
                else:
                    asyncio.get_running_loop().call_later(0.0005 * (i % 5), db.rpush, "list", i)
                    with pytest.raises(asyncio.TimeoutError):
                        await asyncio.wait_for(take(), 0.001)
            while len(taken) < 200:
                taken.append(int((await session.aexecute("BLPOP", "list", 0))[1]))
        assert sorted(taken) == list(range(200))

    run(body())


# ---- gevent ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="gevent is for CPython")
def test_a_greenlet_waits_and_others_go_on() -> None:
    pytest.importorskip("gevent")
    printed = run_python(
        """
from gevent import monkey
monkey.patch_all()
import gevent
import libkevy as kevy
db = kevy.start()
beats = 0
def beat():
    global beats
    while True:
        beats += 1
        gevent.sleep(0.001)
gevent.spawn(beat)
def push():
    assert beats > 5, beats
    db.rpush("list", "x")
gevent.spawn_later(0.1, push)
print(db.blpop("list"))
killed = gevent.spawn(db.blpop, "list")
gevent.sleep(0.01)
killed.kill()
db.rpush("list", "y")
print(db.blpop("list"))
"""
    )
    assert printed == "(b'list', b'x')\n(b'list', b'y')\n"


# ---- Pipelines and transactions ----------------------------------------------------------------


def test_a_pipeline_with_waits_runs_all_commands_in_order(db: kevy.Instance[bytes]) -> None:
    def collected(target: Any) -> Any:
        pipeline = target.pipeline().rpush("list", "a", "b").blpop("list").get("list")
        pipeline.command(bytearray(b"blpop"), "list", 0).command("BLPOP", "list").blpop("more")
        return pipeline.set("k", "v").get("k")

    with db.session() as session:
        for target in (db, session):
            taker = Thread(collected(target).execute, False)
            eventually(lambda: waiting(db) == 1)
            db.rpush("more", "c")
            pushed, first, wrong, second, few, third, *rest = taker.end()
            assert (pushed, first, second, third) == (
                2,
                (b"list", b"a"),
                [b"list", b"b"],
                (b"more", b"c"),
            )
            assert isinstance(wrong, kevy.WrongTypeError)
            assert isinstance(few, kevy.ResponseError)
            assert rest == [True, b"v"]
            with pytest.raises(kevy.WrongTypeError):
                target.pipeline().set("list", "x").blpop("list").delete("list").execute()
            assert not db.exists("list")
        decoded = kevy.start(decode=True)
        decoded.rpush("list", b"\xff")
        with pytest.raises(UnicodeDecodeError):
            decoded.pipeline().blpop("list").set("k", "v").execute()
        assert decoded.get("k") == "v"
        decoded.stop()


def test_a_pipeline_that_waits_in_a_transaction_does_not(db: kevy.Instance[bytes]) -> None:
    with db.session() as session:
        pipeline = session.pipeline().command("MULTI").command("BLPOP", "list", 0).command("EXEC")
        assert pipeline.execute() == [b"OK", b"QUEUED", [None]]


OF_CONNECTIONS = [
    ("SELECT", 3),
    ("MULTI",),
    ("SUBSCRIBE", "news"),
    ("MONITOR",),
    ("CLIENT", "REPLY", "OFF"),
    ("QUIT",),
]


@pytest.mark.parametrize("command", OF_CONNECTIONS, ids=lambda command: command[0])
def test_what_acts_on_a_connection_acts_on_none_that_others_get(
    db: kevy.Instance[bytes], command: tuple[kevy.Word, ...]
) -> None:
    db.rpush("list", "a", "b", "c")
    pipeline = db.pipeline().command(*command).command("BLPOP", "list", 0)
    refused, popped = pipeline.execute(raise_on_error=False)
    assert isinstance(refused, kevy.ResponseError)
    assert popped == [b"list", b"a"]
    with pytest.raises(kevy.ResponseError, match="open a session"):
        asyncio.run(db.aexecute(*command))
    assert db.execute("BLPOP", "list", 0) == [b"list", b"b"]
    assert asyncio.run(db.aexecute("BLPOP", "list", 0)) == [b"list", b"c"]


@pytest.mark.parametrize("word", [{}, None, True, "\ud800", memoryview(b"abcd")[::2]], ids=type)
@pytest.mark.parametrize("of_session", [True, False])
def test_a_pipeline_with_what_is_no_word_waits_for_nothing(
    db: kevy.Instance[bytes], of_session: bool, word: Any
) -> None:
    db.rpush("list", "a")
    with db.session() as session:
        pipeline = (session if of_session else db).pipeline()
        with pytest.raises((kevy.DataError, UnicodeEncodeError)):
            pipeline.command("BLPOP", "list", 0).command("SET", "key", word).execute()
    assert db.llen("list") == 1


def test_an_undecodable_reply_among_commands_that_wait_stops_none() -> None:
    db = kevy.start(decode=True)
    db.rpush("first", b"\xff")
    db.rpush("second", "x")
    with pytest.raises(UnicodeDecodeError):
        db.pipeline().blpop("first").blpop("second").set("key", "value").execute()
    assert (db.llen("second"), db.get("key")) == (0, "value")
    db.stop()


def test_closing_ends_the_wait_of_a_pipeline() -> None:
    db = kevy.start()
    taker = Thread(db.pipeline().set("k", "v").blpop("list").get("k").execute)
    eventually(lambda: waiting(db) == 1)
    db.stop()
    assert isinstance(taker.end(), kevy.ClosedError)


def test_pipelines_wait_and_transactions_do_not(db: kevy.Instance[bytes]) -> None:
    taker = Thread(db.pipeline().set("k", "v").blpop("list").get("k").execute)
    eventually(lambda: waiting(db) == 1)
    db.rpush("list", "x")
    assert taker.end() == [True, (b"list", b"x"), b"v"]
    assert db.pipeline(atomic=True).blpop("list").get("k").execute() == [None, b"v"]
    with db.session() as session:
        session.execute("MULTI")
        assert session.execute("BLPOP", "list", 0) == b"QUEUED"
        assert session.execute("EXEC") == [None]

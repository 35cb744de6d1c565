"""Subscriptions as iterators, and given to a function on a thread of their own."""

from __future__ import annotations

import select
import subprocess
import sys
import threading
from typing import Any

import libkevy as kevy
import pytest
from conftest import DEADLINE, eventually


def test_messages_come_in_the_order_published(db: kevy.Instance[bytes]) -> None:
    with db.subscribe("a", "b") as messages:
        for i in range(100):
            assert db.execute("PUBLISH", "ab"[i % 2], i) == 1
        for i in range(100):
            assert messages.next(0) == kevy.Message(b"ab"[i % 2 : i % 2 + 1], b"%d" % i)
        assert messages.next(0) is None
        assert messages.next(0.01) is None


def test_kinds(db: kevy.Instance[bytes]) -> None:
    with (
        db.subscribe("n?ws", kind="pattern") as patterns,
        db.subscribe("s", kind="sharded") as sharded,
    ):
        db.execute("PUBLISH", "news", "x")
        db.execute("SPUBLISH", "s", "y")
        assert patterns.next(0) == kevy.Message(b"news", b"x", b"n?ws")
        assert sharded.next(0) == kevy.Message(b"s", b"y")


def test_messages_are_values() -> None:
    message = kevy.Message(b"c", b"p")
    assert message == kevy.Message(b"c", b"p", None)
    assert message != kevy.Message(b"c", b"p", b"*")
    assert message != "c"
    assert len({message, kevy.Message(b"c", b"p")}) == 1
    assert repr(message) == "Message(b'c', b'p')"
    assert repr(kevy.Message("c", "p", "*")) == "Message('c', 'p', pattern='*')"


def test_wrong_subscriptions(db: kevy.Instance[bytes]) -> None:
    kinds: Any = "everything"
    with pytest.raises(kevy.InvalidError, match="kind"):
        db.subscribe("c", kind=kinds)
    for kind in ("channel", "pattern", "sharded"):
        every: Any = kind
        with pytest.raises(kevy.InvalidError, match=f"at least one {kind}"):
            db.subscribe(kind=every)
    wrong: Any = "print"
    with pytest.raises(kevy.InvalidError, match="callback is a function"):
        db.subscribe("c", callback=wrong)


def test_an_iteration_ends_when_another_thread_closes(db: kevy.Instance[bytes]) -> None:
    messages = db.subscribe("c")
    received: list[bytes] = []

    def read() -> None:
        received.extend(message.payload for message in messages)

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(3):
        db.execute("PUBLISH", "c", i)
    eventually(lambda: len(received) == 3)
    messages.close()
    reader.join(DEADLINE)
    assert not reader.is_alive()
    assert received == [b"0", b"1", b"2"]
    assert db.execute("PUBLISH", "c", "x") == 0


def test_an_iteration_ends_when_the_instance_stops() -> None:
    db = kevy.start()
    messages = db.subscribe("c")
    ended = threading.Event()

    def read() -> None:
        assert list(messages) == []
        ended.set()

    threading.Thread(target=read).start()
    db.stop()
    assert ended.wait(DEADLINE)
    with pytest.raises(kevy.ClosedError):
        messages.next(0)


def test_two_threads_cannot_take_from_one_subscription(db: kevy.Instance[bytes]) -> None:
    messages = db.subscribe("c")
    reader = threading.Thread(target=lambda: list(messages))
    reader.start()
    refused = False
    while not refused:
        try:
            messages.next(0)
        except kevy.InvalidError as error:
            refused = "another thread" in str(error)
    messages.close()
    reader.join(DEADLINE)


def test_the_descriptor_polls_readable(db: kevy.Instance[bytes]) -> None:
    with db.subscribe("c") as messages:
        assert select.select([messages], [], [], 0) == ([], [], [])
        db.execute("PUBLISH", "c", "x")
        db.execute("PUBLISH", "c", "y")
        for payload in (b"x", b"y"):
            assert select.select([messages], [], [], DEADLINE)[0] == [messages]
            message = messages.next(0)
            assert message is not None
            assert message.payload == payload
        assert select.select([messages], [], [], 0) == ([], [], [])


FOREVER = (None, float("inf"), 1e300, 10**400, 2**63)
AT_ONCE = (0, -1, -1e300, float("-inf"), -(10**400))


@pytest.mark.parametrize("timeout", FOREVER)
def test_times_beyond_measure_are_waited_for(db: kevy.Instance[bytes], timeout: Any) -> None:
    with db.subscribe("c") as messages, db.session() as session:
        session.execute("SUBSCRIBE", "c")
        received: list[Any] = []

        def read() -> None:
            received.append(messages.next(timeout))
            received.append(session.next(timeout))

        reader = threading.Thread(target=read)
        reader.start()
        threading.Timer(0.01, db.publish, ("c", "x")).start()
        reader.join(DEADLINE)
        assert received == [kevy.Message(b"c", b"x"), [b"message", b"c", b"x"]]
        db.publish("c", "y")  # on the main thread, which waits in slices
        assert messages.next(timeout) == kevy.Message(b"c", b"y")
        assert session.next(timeout) == [b"message", b"c", b"y"]


@pytest.mark.parametrize("timeout", AT_ONCE)
def test_times_below_zero_do_not_wait(db: kevy.Instance[bytes], timeout: Any) -> None:
    with db.subscribe("c") as messages, db.session() as session:
        session.execute("SUBSCRIBE", "c")
        assert messages.next(timeout) is None
        assert session.next(timeout) is None


def test_a_time_that_is_no_number_is_refused(db: kevy.Instance[bytes]) -> None:
    with db.subscribe("c") as messages, pytest.raises(kevy.InvalidError, match="not a number"):
        messages.next(float("nan"))


def test_a_slow_subscriber_is_cut_off(db: kevy.Instance[bytes]) -> None:
    messages = db.subscribe("c")
    for _ in range(40):  # 40 MB, more than the 32 MB that Redis allows a subscriber by default
        db.execute("PUBLISH", "c", bytes(1_000_000))
    with pytest.raises(kevy.ClosedError):
        for _ in range(41):
            messages.next(0)


def test_a_callback_gets_the_messages(db: kevy.Instance[bytes]) -> None:
    received: list[tuple[kevy.Message[bytes], str]] = []
    done = threading.Event()

    def on_message(message: kevy.Message[bytes]) -> None:
        received.append((message, threading.current_thread().name))
        if message.payload == b"last":
            done.set()

    with db.subscribe("c", callback=on_message) as subscription:
        db.execute("PUBLISH", "c", "first")
        db.execute("PUBLISH", "c", "last")
        assert done.wait(DEADLINE)
        with pytest.raises(kevy.InvalidError, match="callback"):
            subscription.next(0)
        with pytest.raises(kevy.InvalidError, match="callback"):
            next(subscription)
    assert [message.payload for message, _ in received] == [b"first", b"last"]
    assert {name for _, name in received} == {"kevy-subscription"}


def test_a_callback_may_use_the_instance_and_close_itself(db: kevy.Instance[bytes]) -> None:
    closed = threading.Event()

    def on_message(message: kevy.Message[bytes]) -> None:
        db.execute("INCRBY", "sum", message.payload)
        subscription.close()
        closed.set()

    subscription = db.subscribe("c", callback=on_message)
    db.execute("PUBLISH", "c", 5)
    assert closed.wait(DEADLINE)
    assert db.execute("PUBLISH", "c", 7) == 0
    assert db.get("sum") == b"5"


@pytest.mark.parametrize("discard", [False, True])
def test_what_was_published_before_the_close_is_delivered_unless_discarded(
    db: kevy.Instance[bytes], discard: bool
) -> None:
    entered, leave = threading.Event(), threading.Event()
    finished = []

    def on_message(message: kevy.Message[bytes]) -> None:
        entered.set()
        assert leave.wait(DEADLINE)
        finished.append(message.payload)

    subscription = db.subscribe("c", callback=on_message)
    for payload in ("one", "two", "three"):
        db.publish("c", payload)
    assert entered.wait(DEADLINE)
    threading.Timer(0.05, leave.set).start()
    subscription.close(discard=discard)
    assert finished == ([b"one"] if discard else [b"one", b"two", b"three"])
    assert db.publish("c", "four") == 0
    assert subscription.closed


@pytest.mark.parametrize("discard", [False, True])
def test_a_closed_subscription_gives_what_was_published_before(
    db: kevy.Instance[bytes], discard: bool
) -> None:
    messages = db.subscribe("c")
    for i in range(3):
        db.publish("c", i)
    messages.close(discard=discard)
    assert db.publish("c", "late") == 0
    assert [message.payload for message in messages] == ([] if discard else [b"0", b"1", b"2"])
    with pytest.raises(kevy.ClosedError):
        messages.next(0)


class Reports:
    """What sys.unraisablehook was given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._seen: list[Any] = []
        monkeypatch.setattr(sys, "unraisablehook", self._seen.append)

    def taken(self) -> list[tuple[type, object]]:
        return [(report.exc_type, report.object) for report in self._seen]


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> Reports:
    return Reports(monkeypatch)


def test_a_callback_that_raises_is_reported_and_goes_on(
    db: kevy.Instance[bytes], reports: Reports
) -> None:
    done = threading.Event()
    other: list[bytes] = []

    def on_message(message: kevy.Message[bytes]) -> None:
        if message.payload == b"bad":
            raise LookupError(message.payload)
        if message.payload == b"exit":
            sys.exit(1)
        done.set()

    with (
        db.subscribe("c", callback=lambda message: other.append(message.payload)),
        db.subscribe("c", callback=on_message),
    ):
        for payload in ("bad", "exit", "good"):
            db.publish("c", payload)
        assert done.wait(DEADLINE)
        eventually(lambda: other == [b"bad", b"exit", b"good"])
    assert reports.taken() == [(LookupError, on_message), (SystemExit, on_message)]


def test_a_payload_that_does_not_decode_is_reported_and_the_next_follows(
    text_db: kevy.Instance[str], reports: Reports
) -> None:
    received: list[str] = []

    def on_message(message: kevy.Message[str]) -> None:
        received.append(message.payload)

    with text_db.subscribe("c", callback=on_message):
        for payload in (b"one", b"\xff", b"two"):
            text_db.publish("c", payload)
        eventually(lambda: received == ["one", "two"])
    assert reports.taken() == [(UnicodeDecodeError, on_message)]


def test_next_raises_for_a_payload_that_does_not_decode_and_goes_on(
    text_db: kevy.Instance[str],
) -> None:
    with text_db.subscribe("c") as messages:
        for payload in (b"one", b"\xff", b"two"):
            text_db.publish("c", payload)
        assert messages.next(0) == kevy.Message("c", "one")
        with pytest.raises(UnicodeDecodeError) as caught:
            messages.next(0)
        assert caught.value.object == b"\xff"
        assert messages.next(0) == kevy.Message("c", "two")


def test_reports_without_a_hook_go_to_stderr() -> None:
    program = """
import libkevy as kevy, sys, threading
done = threading.Event()
def on_message(message):
    if message.payload == b"last":
        done.set()
    raise LookupError("of the callback")
db = kevy.start()
subscription = db.subscribe("c", callback=on_message)
db.publish("c", "first"), db.publish("c", "last")
assert done.wait(20)
db.stop()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("LookupError: of the callback") == 2
    assert "callback of kevy's" in done.stderr


def test_callbacks_of_many_subscriptions_run_side_by_side(db: kevy.Instance[bytes]) -> None:
    meeting = threading.Barrier(8)
    subscriptions = [db.subscribe("c", callback=lambda _: meeting.wait(DEADLINE)) for _ in range(7)]
    assert db.execute("PUBLISH", "c", "x") == 7
    meeting.wait(DEADLINE)
    for subscription in subscriptions:
        subscription.close()


def test_the_instance_can_be_stopped_by_a_callback() -> None:
    db = kevy.start()
    stopped = threading.Event()

    def on_message(_: kevy.Message[bytes]) -> None:
        db.stop()
        stopped.set()

    subscription = db.subscribe("c", callback=on_message)
    db.execute("PUBLISH", "c", "x")
    assert stopped.wait(DEADLINE)
    subscription.close()


def test_use_after_close(db: kevy.Instance[bytes]) -> None:
    messages = db.subscribe("c")
    messages.close()
    messages.close()
    assert messages.closed
    assert list(messages) == []
    for call in (lambda: messages.next(0), messages.fileno):
        with pytest.raises(kevy.ClosedError):
            call()

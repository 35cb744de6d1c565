"""What becomes of the GIL: a call that waits stops no other thread, a short one keeps it."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Callable

import libkevy as kevy
import pytest
from conftest import DEADLINE


def beats_during(wait: Callable[[], Any]) -> int:
    """How often this thread got to run while another one was in ``wait``."""
    entered = threading.Event()

    def body() -> None:
        entered.set()
        wait()

    waiting = threading.Thread(target=body)
    waiting.start()
    assert entered.wait(DEADLINE)
    beats = 0
    while waiting.is_alive():
        beats += 1
        time.sleep(0.001)
    return beats


def test_waiting_calls_let_other_threads_run(db: kevy.Instance[bytes]) -> None:
    session = db.session()
    session.execute("SUBSCRIBE", "c")
    messages = db.subscribe("c")
    for wait in (
        lambda: db.execute("DEBUG", "SLEEP", "0.2"),
        lambda: db.pipeline().command("DEBUG", "SLEEP", "0.2").execute(),
        lambda: db.session().execute("DEBUG", "SLEEP", "0.2"),
        lambda: session.next(0.2),
        lambda: messages.next(0.2),
    ):
        assert beats_during(wait) > 20


def test_a_short_command_that_waits_for_a_shard_stops_no_other_thread() -> None:
    # An EXEC holds its shard while it sleeps; another thread's GET has to wait for it.
    with kevy.start(shards=1) as db, db.session() as session:
        messages = db.subscribe("c")
        session.execute("MULTI")
        session.execute("PUBLISH", "c", "in EXEC")
        session.execute("SET", "k", "v")
        session.execute("DEBUG", "SLEEP", "0.3")
        holder = threading.Thread(target=session.execute, args=("EXEC",))
        holder.start()
        assert messages.next(DEADLINE) is not None
        began = time.monotonic()
        assert beats_during(lambda: db.get("k")) > 20
        assert time.monotonic() - began > 0.1
        holder.join(DEADLINE)


@pytest.mark.skipif(kevy.backend == "cffi", reason="cffi releases the GIL for every call")
def test_short_commands_keep_the_gil(db: kevy.Instance[bytes]) -> None:
    # With an interval this long another thread runs only when the GIL is given away.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    go, ran = threading.Event(), threading.Event()

    def other() -> None:
        go.wait(DEADLINE)
        ran.set()

    thread = threading.Thread(target=other)
    thread.start()
    try:
        with db.session() as session:
            go.set()
            for i in range(1000):
                db.set("k", i)
                db.get("k")
                db.execute("INCR", "k")
                session.execute("GET", "k")
            kept = not ran.is_set()
        assert ran.wait(DEADLINE)
        assert kept
    finally:
        sys.setswitchinterval(interval)
        thread.join(DEADLINE)

"""Waiting in an asyncio event loop, without a thread."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from conftest import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run(body: Coroutine[Any, Any, None]) -> None:
    async def within_deadline() -> None:
        await asyncio.wait_for(body, DEADLINE)

    asyncio.run(within_deadline())


def test_messages_arrive_while_the_loop_waits(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        loop = asyncio.get_running_loop()
        with db.subscribe("c") as messages:
            threads = threading.active_count()
            for i in range(3):
                loop.call_later(0.01, db.execute, "PUBLISH", "c", i)
                assert (await messages.__anext__()).payload == b"%d" % i
            assert threading.active_count() == threads

    run(body())


def test_messages_of_other_threads_wake_the_loop(db: kevy.Instance[bytes]) -> None:
    def publish() -> None:
        for i in range(1000):
            db.execute("PUBLISH", "c", i)

    async def body() -> None:
        with db.subscribe("c") as messages:
            publisher = threading.Thread(target=publish)
            publisher.start()
            received = []
            async for message in messages:
                received.append(int(message.payload))
                if len(received) == 1000:
                    break
            assert received == list(range(1000))
            publisher.join()

    run(body())


@pytest.mark.parametrize("how", ["close", "stop"])
def test_an_iteration_ends_when_the_subscription_does(how: str) -> None:
    db = kevy.start()

    async def body() -> None:
        messages = db.subscribe("c")
        ends = {"close": messages.close, "stop": db.stop}
        asyncio.get_running_loop().call_later(0.01, ends[how])
        assert [message async for message in messages] == []
        messages.close()

    run(body())
    db.stop()


def test_cancelling_leaves_no_descriptor_and_no_message_behind(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        with db.subscribe("c") as messages:
            messages.fileno()
            before = len(os.listdir("/proc/self/fd"))
            for i in range(20):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(messages.__anext__(), 0.001)
                db.execute("PUBLISH", "c", i)
                assert (await messages.__anext__()).payload == b"%d" % i
            assert len(os.listdir("/proc/self/fd")) == before

    run(body())


def test_a_flood_of_messages_lets_other_tasks_run(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        with db.subscribe("c") as messages:
            for i in range(1000):
                db.execute("PUBLISH", "c", i)
            other = asyncio.ensure_future(asyncio.sleep(0))
            taken_before = 0
            async for _ in messages:
                if other.done():
                    break
                taken_before += 1
            assert taken_before < 1000

    run(body())


@pytest.mark.parametrize("of", ["subscription", "session"])
def test_a_cancelled_wait_takes_nothing(db: kevy.Instance[bytes], of: str) -> None:
    """However the cancellation and the message meet: what was not returned comes next."""

    async def body() -> None:
        messages, session = db.subscribe("c"), db.session()
        session.execute("SUBSCRIBE", "c")
        take = messages.__anext__ if of == "subscription" else session.anext
        received: list[Any] = []

        async def take_all() -> None:
            while True:
                received.append(await take())

        sent = 0
        for turns in range(200):
            task = asyncio.ensure_future(take_all())
            for _ in range(turns % 7):
                await asyncio.sleep(0)
            for _ in range(turns % 100):
                db.publish("c", sent)
                sent += 1
            for _ in range(turns % 5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        db.publish("c", "end")
        while (last := await take()) not in (
            kevy.Message(b"c", b"end"),
            [b"message", b"c", b"end"],
        ):
            received.append(last)
        payloads = [each.payload if of == "subscription" else each[2] for each in received]
        assert payloads == [b"%d" % i for i in range(sent)]
        messages.close()
        session.close()

    run(body())


@pytest.mark.parametrize("of", ["subscription", "session"])
def test_a_full_queue_lets_other_tasks_run(db: kevy.Instance[bytes], of: str) -> None:
    async def body() -> None:
        messages, session = db.subscribe("c"), db.session()
        session.execute("SUBSCRIBE", "c")
        take = messages.__anext__ if of == "subscription" else session.anext
        for i in range(1000):
            db.publish("c", i)
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.ensure_future(count())
        for _ in range(1000):
            await take()
        other.cancel()
        assert turns > 10
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(take(), 0.01)
        messages.close()
        session.close()

    run(body())


def test_pushes_of_a_session(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        with db.session() as session:
            session.execute("SUBSCRIBE", "c")
            asyncio.get_running_loop().call_later(0.01, db.execute, "PUBLISH", "c", "x")
            assert await session.anext() == [b"message", b"c", b"x"]

    run(body())


def test_a_callback_excludes_the_async_iterator(db: kevy.Instance[bytes]) -> None:
    async def body() -> None:
        subscription = db.subscribe("c", callback=print)
        with pytest.raises(kevy.InvalidError, match="callback"):
            await subscription.__anext__()
        subscription.close()

    run(body())

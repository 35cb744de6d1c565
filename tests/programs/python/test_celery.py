"""Celery: a worker in a process of its own, or in threads of this one, with the store as its broker
and as the keeper of its results."""

import gc
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import libkevy as kevy
import pytest
from celery import chain, chord, group
from celery.contrib.testing.worker import start_worker
from celery.exceptions import TaskRevokedError
from celery_jobs import make_app
from conftest import WAIT, eventually, worker


@contextmanager
def running_worker(app, log, pool):
    with worker(log, "-m", "celery", "-A", "celery_jobs", "worker", "--pool", pool,
                "--concurrency", "2", "--loglevel", "info", CELERY_URL=app.conf.broker_url):
        yield


@pytest.fixture
def make(request, door):
    """An app for the door."""
    if door == "process":
        with kevy.patch():
            yield make_app("redis://in-process:6379/0")
        return
    server = request.getfixturevalue("server")
    yield make_app(f"redis+socket://{server.path}?virtual_host=0" if door == "unix"
                   else server.url("tcp"))


@pytest.fixture
def app(make, door, tmp_path):
    """An app with a worker."""
    if door == "process":
        running = start_worker(make, pool="threads", concurrency=2, perform_ping_check=False,
                               shutdown_timeout=WAIT)
    else:
        running = running_worker(make, tmp_path / "worker", "threads")
    with running:
        yield make
        gc.collect()  # results that are still referred to would ask for more later
        make.backend.result_consumer.stop()


def results(many):
    return [one.get(timeout=WAIT) for one in many]


def test_celery(app):
    """One worker does all of it, since starting one takes longer than the work."""
    named, joined, failing = (app.tasks[name] for name in ("named", "joined", "failing"))

    # Each result is its own task's.
    assert results([named.delay(str(i)) for i in range(50)]) == [f"done:{i}" for i in range(50)]
    assert group(named.s(f"g{i}") for i in range(20)).delay().get(timeout=WAIT) == [
        f"done:g{i}" for i in range(20)]
    assert chain(named.s("c"), named.s()).delay().get(timeout=WAIT) == "done:done:c"

    # A chord's body gets what all of its header gave, each once, several chords at a time.
    chords = [chord([named.s(f"{c}.{i}") for i in range(8)])(joined.s(f"end{c}")) for c in range(5)]
    for number, result in enumerate(results(chords)):
        *parts, end = result.split("+")
        assert sorted(parts) == sorted(f"done:{number}.{i}" for i in range(8))
        assert end == f"end{number}"

    # Errors come back, also out of a chord.
    with pytest.raises(ValueError, match="wrong:f"):
        failing.delay("f").get(timeout=WAIT)
    with pytest.raises(Exception, match="wrong:b"):
        chord([named.s("a"), failing.s("b")])(joined.s("end")).get(timeout=WAIT)

    assert results([app.tasks["third_time"].delay(f"r{i}") for i in range(5)]) == [
        f"r{i}:2" for i in range(5)]
    assert app.tasks["replaced"].delay("p").get(timeout=WAIT) == "done:p"

    # What has a time comes after it.
    eta = datetime.now(timezone.utc) + timedelta(milliseconds=300)
    later = named.apply_async(("eta",), eta=eta)
    counted = named.apply_async(("countdown",), countdown=0.3)
    assert results([later, counted]) == ["done:eta", "done:countdown"]
    assert later.date_done.replace(tzinfo=timezone.utc) >= eta
    assert list(later.args) == ["eta"]

    # A worker is told over the broadcasting exchange what is revoked, and tells of it.
    inspect = app.control.inspect(timeout=WAIT, limit=1)
    revoked = named.apply_async(("never",), countdown=3600)
    eventually(lambda: revoked.id in str(inspect.scheduled()))
    app.control.revoke(revoked.id, reply=True, timeout=WAIT, limit=1)
    assert revoked.id in str(inspect.revoked())
    assert [*app.control.ping(timeout=WAIT, limit=1)[0].values()] == [{"ok": "pong"}]

    # A forgotten result is gone.
    result = named.delay("forgotten")
    assert result.get(timeout=WAIT) == "done:forgotten"
    result.forget()
    assert app.AsyncResult(result.id).state == "PENDING"


@pytest.mark.parametrize("door", ["unix"])
def test_a_revoked_task_says_so(make, tmp_path):
    with running_worker(make, tmp_path / "worker", "solo"):
        named = make.tasks["named"]
        assert named.delay("first").get(timeout=WAIT) == "done:first"
        revoked = named.apply_async(("never",), countdown=1)
        make.control.revoke(revoked.id, reply=True, timeout=WAIT, limit=1)
        with pytest.raises(TaskRevokedError):
            revoked.get(timeout=WAIT)
        make.backend.result_consumer.stop()

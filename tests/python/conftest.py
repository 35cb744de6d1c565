"""What the tests share. KEVY_PYTHON_BACKEND chooses the door; tools/python.sh runs all twice."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Callable

import libkevy as kevy
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

#: No test waits longer than this for anything, in seconds.
DEADLINE = 20.0


def pytest_report_header() -> str:
    return f"kevy {kevy.__version__} from {kevy.__file__}, door: {kevy.backend}"


@pytest.fixture
def db() -> Iterator[kevy.Instance[bytes]]:
    with kevy.start() as instance:
        yield instance


@pytest.fixture
def text_db() -> Iterator[kevy.Instance[str]]:
    with kevy.start(decode=True) as instance:
        yield instance


def eventually(condition: Callable[[], bool]) -> None:
    """Returns once ``condition`` holds; fails when it does not within the deadline."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.001)


class EnoughError(Exception):
    """What Refusing raises."""


class Refusing:
    """To be told of progress, which it ends the second time."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: int, __: int) -> None:
        self.calls += 1
        if self.calls == 2:
            raise EnoughError


def run_python(program: str, *arguments: str) -> str:
    """What ``program`` prints, in an interpreter of its own that has to end with 0."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE * 2,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout

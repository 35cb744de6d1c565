"""Starting with files to read: who is told of it, what ends it, what is wrong with them."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Any

import libkevy as kevy
import pytest
from conftest import EnoughError, Refusing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["no", "yes"])
def appendonly(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def keep(folder: Path, appendonly: str) -> None:
    """Some hundred kilobytes in a folder."""
    with kevy.start(dir=folder, appendonly=appendonly, rdbcompression=False) as db:
        for first in range(0, 5000, 100):
            db.set_many({f"key:{i}": "v" * 100 for i in range(first, first + 100)})
        if appendonly == "no":
            db.save()


def test_progress_is_told_of_the_files(tmp_path: Path, appendonly: str) -> None:
    keep(tmp_path, appendonly)
    seen: list[tuple[int, int]] = []
    with kevy.start(
        dir=tmp_path, appendonly=appendonly, progress=lambda *now: seen.append(now)
    ) as db:
        assert db.execute("DBSIZE") == 5000
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] > 5000 * 100
    seen.clear()
    with kevy.start(progress=lambda *now: seen.append(now)):
        pass
    assert seen == []


def test_what_progress_raises_ends_the_start(tmp_path: Path, appendonly: str) -> None:
    keep(tmp_path, appendonly)
    refuse = Refusing()
    with pytest.raises(EnoughError):
        kevy.start(dir=tmp_path, appendonly=appendonly, progress=refuse)
    assert refuse.calls == 2
    with kevy.start(dir=tmp_path, appendonly=appendonly) as db:
        assert db.execute("DBSIZE") == 5000


def test_clients_are_answered_loading_meanwhile(tmp_path: Path, appendonly: str) -> None:
    keep(tmp_path, appendonly)
    path = str(tmp_path / "kevy.sock")
    answers: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as client:

        def ask(done: int, total: int) -> None:
            if 100_000 < done < total and not answers:
                client.settimeout(20)
                client.connect(path)
                client.sendall(b"GET key:1\r\n")
                answers.append(client.recv(100))

        with kevy.start(
            dir=tmp_path, appendonly=appendonly, listen=f"unix:{path}", progress=ask
        ) as db:
            assert db.addresses == [f"unix:{path}"]
            client.sendall(b"EXISTS key:1\r\n")
            assert client.recv(100) == b":1\r\n"
    assert answers == [b"-LOADING Valkey is loading the dataset in memory\r\n"]


def test_what_is_wrong_with_files_is_told_by_its_class(tmp_path: Path) -> None:
    wanted: list[dict[str, Any]] = [{}, {"appendonly": True}, {"save": "1 1"}]
    for options in wanted:
        with pytest.raises(kevy.HostError, match="nosuch") as caught:
            kevy.start(dir=tmp_path / "nosuch", **options)
        assert caught.value.errno == errno.ENOENT
    with (
        kevy.start(dir=tmp_path, appendonly=True),
        pytest.raises(kevy.HostError, match="in use by another instance") as caught,
    ):
        kevy.start(dir=tmp_path, appendonly=True)
    assert caught.value.errno == errno.EWOULDBLOCK
    (tmp_path / "dump.rdb").write_bytes(b"REDIS0011 and no more of that")
    with pytest.raises(kevy.InvalidError, match=r"dump\.rdb: at byte \d+"):
        kevy.start(dir=tmp_path)
    with pytest.raises(kevy.InvalidError, match="dir"):
        kevy.start(appendonly=True)


def test_an_address_that_is_in_use_ends_the_start(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/kevy.sock"
    with kevy.start(listen=address):
        with pytest.raises(kevy.HostError) as caught:
            kevy.start(listen=["127.0.0.1:0", address])
        assert caught.value.errno == errno.EADDRINUSE
        with pytest.raises(kevy.InvalidError, match="host:port"):
            kevy.start(listen="nothing")
        with pytest.raises(kevy.InvalidError, match="NUL"):
            kevy.start(listen="unix:/a\0b")

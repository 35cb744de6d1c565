"""B45: each row of differences.txt is true: its example, run on both references and on kevy, ends with the
replies that the row tells. So a row that is no longer needed fails."""

import pytest
from differences import REDIS, VALKEY, fits, read_table, words_of
from doors import Kevy, Reference, make_fresh

ROWS = read_table()
PROTOCOLS = [b"2", b"3"]


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    opened = {version: Reference(version, tmp_path_factory.mktemp("reference"))
              for version in (REDIS, VALKEY)}
    opened["kevy"] = Kevy(2)
    yield opened
    for door in opened.values():
        door.close()


def last_reply(door, protocol, commands):
    make_fresh(door)
    door.run([b"HELLO", protocol])
    return [door.run(words) for words in commands][-1]


@pytest.mark.parametrize("row", ROWS, ids=[row.example for row in ROWS])
def test_example_shows_the_difference(doors, row):
    commands = [words_of(command) for command in row.example.split(";")]
    assert row.matches(commands[-1]), "the row is not about its example"
    shown = set()
    for protocol in PROTOCOLS:
        replies = {name: last_reply(door, protocol, commands) for name, door in doors.items()}
        for version in (REDIS, VALKEY):
            if not row.concerns(version):
                form = doors[version].differences.form(commands[-1])
                assert form(replies[version]) == form(replies["kevy"]), version
            elif replies[version] != replies["kevy"]:
                assert row.explains(version, commands[-1], replies[version], replies["kevy"]), (
                    version, protocol, replies)
                shown.add(version)
    assert shown == {version for version in (REDIS, VALKEY) if row.concerns(version)}


def test_cells_fit_what_they_say():
    assert fits("-ERR a", b"-ERR a b\r\n") and not fits("-ERR b", b"-ERR a b\r\n")
    assert fits(r"*0\r\n", b"*0\r\n") and not fits(r"*0\r\n", b"*01\r\n")
    assert fits("unknown", b"-ERR syntax error\r\n") and not fits("unknown", b"-ERR no\r\n")
    assert fits("any", b"+OK\r\n")
    assert len(ROWS) > 10

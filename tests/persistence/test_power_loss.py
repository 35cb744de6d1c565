"""A host that loses power at any moment, and its disk whatever was not synced, in whole or in part: with
appendfsync always nothing that was answered or shown is gone, with everysec nothing that is older than two
seconds; no unit is there by half, and whatever the disk has become, kevy starts with it.
KEVY_CRASHES (50) says how many losses each test tries."""

import contextlib
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from appending import KEVY_SERVER, LIBRARY, Client, preloadable
from disk_states import Journal, numbers_in, state_of, write_state
from servers import Server

CRASHES = int(os.environ.get("KEVY_CRASHES", "50"))
STATES = 12  # of one run
# Values of many sectors, and a page and more.
WRITERS, VALUE_MAX = 4, 12_000
TWO_SECONDS_NS = 2_000_000_000
HERE = Path(__file__).parent
INCLUDE = HERE.parents[1] / "capi" / "include"


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The shim, and the host of the instance."""
    made = tmp_path_factory.mktemp("power_loss")
    writer = made / "power_loss_writer"
    subprocess.run(["cc", "-O1", f"-I{INCLUDE}", "-o", str(writer), str(HERE / "power_loss_writer.c"),
                    LIBRARY, f"-Wl,-rpath,{Path(LIBRARY).parent}", "-lpthread"], check=True)
    return preloadable(made, "recorded_disk.c"), writer


class Run:
    """The lives of hosts on one disk, one after the other, each of which is killed, and its journal."""

    def __init__(self, programs, folder, image, lives, chance, *, saves, lies="none"):
        """A life is its seconds and its appendfsync."""
        shim, writer = programs
        self.policies, self.root = [fsync for _, fsync in lives], folder / "root"
        write_state(image, self.root)
        numbers = numbers_in(self.root)
        journal = folder / "journal"
        for life, (seconds, fsync) in enumerate(lives):
            seconds *= chance.uniform(0.3, 1) if fsync != "everysec" else 1
            last = life == len(lives) - 1
            environment = {"LD_PRELOAD": str(shim), "POWER_LOSS_JOURNAL": str(journal),
                           "POWER_LOSS_ROOT": str(self.root), "POWER_LOSS_LIES": lies,
                           "POWER_LOSS_SYNC_US": str(chance.choice([300, 3000, 10_000])),
                           "POWER_LOSS_SEED": str(chance.randrange(1 << 31)),
                           "POWER_LOSS_LIFE_MS": "0" if last else str(int(seconds * 1000))}
            pause_us = 0 if fsync == "always" else 2000
            ran = subprocess.run(
                [str(writer), str(seconds if last else 60), str(WRITERS), str(pause_us), str(VALUE_MAX),
                 str(int(saves)), "dir", str(self.root / "data"), "appendonly", "yes", "save", "",
                 "appendfsync", fsync],
                env={**os.environ, **environment}, capture_output=True, text=True, timeout=120)
            assert ran.returncode == -9, ran.stderr
        self.journal = Journal(journal, image, numbers)

    def moments(self, count, chance):
        """Records before which the power goes: any, and those around changes of names."""
        size = len(self.journal.times)
        near = self.journal.changes_of_names()
        for number in range(count):
            if number % 2 == 0 or not near:
                yield chance.randrange(1, size + 1)
            else:
                yield min(chance.choice(near) + chance.randrange(4), size)

    def kept(self, index):
        """{(writer, part): number}: what has to be there if the power goes before the record."""
        times = self.journal.times
        now, life, promised = times[min(index, len(times) - 1)], -1, []
        for note in self.journal.notes:
            if note[0] >= index:
                break
            if note[1] == "started":
                life += 1
            age = now - times[note[0]]
            if self.policies[life] == "always" or self.policies[life] == "everysec" and age > TWO_SECONDS_NS:
                promised.append(note)
        return highest(promised)

    def saved(self, index):
        """What has to be in the snapshot; nothing: there may be none."""
        life, begun, saved = 0, None, None
        for number, (at, what, _, _) in enumerate(self.journal.notes):
            if at >= index:
                break
            if what == "started":
                life = number
            elif what == "begin":
                begun = (life, number)
            elif what == "saved":
                saved = begun
        return None if saved is None else highest(self.journal.notes[slice(*saved)])


def highest(notes):
    parts = {"one": ["one"], "both": ["left"], "all": ["one", "left", "list"]}
    numbers = {}
    for _, what, writer, number in notes:
        for part in parts.get(what, []):
            numbers[writer, part] = max(number, numbers.get((writer, part), 0))
    return numbers


def value_of(writer, number):
    """As power_loss_writer.c makes it."""
    name = f"{writer}:{number}:"
    size = number * 7919 % VALUE_MAX if number % 8 == 0 else number * 37 % 97
    size = max(size, len(name))
    return (name * (size // len(name) + 1))[:size].encode()


def number_in(writer, value):
    if value is None:
        return 0
    number = int(value.split(b":")[1])
    assert value == value_of(writer, number), (writer, number, value[:64], len(value))
    return number


def numbers_there(server):
    """What each writer's keys have, which is what a number of its steps, and the next one by half, leave."""
    client, numbers = Client(server), {}
    for writer in range(WRITERS):
        client.run("SELECT", 0 if writer % 2 == 0 else 3)
        values = client.run("MGET", *[f"{writer}:{part}" for part in ("one", "left", "right")])
        one, left, right = (number_in(writer, value) for value in values)
        listed = [number_in(writer, value) for value in client.run("LRANGE", f"{writer}:list", 0, -1)]
        last = listed[-1] if listed else 0
        assert left == right, (writer, left, right)
        assert last <= left <= one <= last + 1, (writer, one, left, last)
        assert listed == list(range(listed[0], last + 1)) if listed else one == 0
        numbers.update({(writer, "one"): one, (writer, "left"): left, (writer, "list"): last})
    client.close()
    return numbers


@contextlib.contextmanager
def running(folder, *arguments):
    """A server that has read what the loss has left. It is to end well, where all was as it should be."""
    (folder / "data").mkdir(exist_ok=True)
    server = Server(KEVY_SERVER, folder, ["--dir", str(folder / "data"), *arguments])
    try:
        yield server
        assert server.stop() == 0
    finally:
        server.process.kill()
        server.process.wait()


def at_least(there, wanted):
    for key, number in wanted.items():
        assert there[key] >= number, (key, there[key], number)


def check_snapshot(run, index, folder):
    snapshot, wanted = folder / "data" / "dump.rdb", run.saved(index)
    if wanted is None and not snapshot.exists():
        return
    with running(folder, "--appendonly", "no") as server:
        at_least(numbers_there(server), wanted or {})


def check_increments(before, folder):
    """What was cut off of them is beside them; how much that was."""
    size = 0
    for name, content in before.items():
        path = folder / name
        if not name.endswith(".incr.aof") or not path.exists() or path.stat().st_size >= len(content):
            continue
        left = path.read_bytes()
        rest = content[len(left):]
        assert left == content[:len(left)]
        # A file may have been cut there more than once.
        assert rest in [kept.read_bytes() for kept in path.parent.glob(f"{path.name}.cut-at-{len(left)}*")]
        size += len(rest)
    return size


def check(run, index, state, floor, folder):
    """What is there after the loss, and how much of the files was cut off."""
    write_state(state, folder)
    check_snapshot(run, index, folder)
    with running(folder, "--appendonly", "yes", "--appendfsync", "always") as server:
        there = numbers_there(server)
        at_least(there, floor)
        at_least(there, run.kept(index))
    return there, check_increments(state, folder)


def lose_power(programs, folder, crashes, *, lives, **how):
    """Runs, and losses of each; the next run goes on with what one of them has left."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    image, floor, tried, cut, noted = {"data": None}, {}, 0, 0, 0
    for number in range(-(-crashes // STATES)):
        place = folder / f"run{number}"
        place.mkdir()
        run = Run(programs, place, image, lives, chance, **how)
        noted += len(run.journal.notes)
        outcomes = []
        for state_number, index in enumerate(run.moments(STATES, chance)):
            lost = place / f"state{state_number}"
            state = run.journal.state(index, chance)
            try:
                there, bytes_cut = check(run, index, state, floor, lost)
            except (AssertionError, OSError) as error:
                kept = f"seed {seed}, run {number}, state {state_number} of record {index}, in {lost}"
                write_state(state, place / "before")
                raise AssertionError(f"{kept}: {error!r}") from error
            outcomes.append((there, state_of(lost)))
            shutil.rmtree(lost)
            tried, cut = tried + 1, cut + bytes_cut
        floor, image = chance.choice(outcomes)
        image = {name: content for name, content in image.items() if not name.endswith(".sock")}
    assert tried >= crashes and noted > 10 * crashes and cut > 0


@pytest.mark.parametrize("saves", [False, True])
def test_always_loses_nothing(programs, folder, saves):
    """G5 B44 B31: with new bases and snapshots under way the same."""
    lose_power(programs, folder, CRASHES, lives=[(0.8, "always")], saves=saves)


def test_always_loses_nothing_that_a_host_loaded_after_a_kill(programs, folder):
    """G5 B44: what a killed host has left with the kernel alone is shown by the next one, and is on the disk by
    then."""
    lose_power(programs, folder, CRASHES, saves=True,
               lives=[(0.4, "no"), (0.4, "no"), (0.4, "always")])


@pytest.mark.parametrize("saves", [False, True])
def test_everysec_loses_two_seconds_at_most(programs, folder, saves):
    lose_power(programs, folder, CRASHES // 2, lives=[(4, "everysec")], saves=saves)


@pytest.mark.parametrize("lies", ["files", "directories"])
def test_a_disk_that_forgets_what_it_says_is_synced_is_found_out(programs, folder, lies):
    """That these tests can fail."""
    with pytest.raises(AssertionError, match="seed .* state"):
        lose_power(programs, folder, 10 * STATES, lives=[(0.5, "always")], saves=True, lies=lies)


def test_the_shim_knows_every_call_that_changes_files(programs):
    shim, _ = programs
    names = {file: {line.split()[-1].split("@")[0] for line in subprocess.run(
        ["nm", "-D", which, str(file)], check=True, capture_output=True, text=True).stdout.splitlines()}
        for file, which in [(LIBRARY, "--undefined-only"), (shim, "--defined-only")]}
    change = {"creat", "mkdir", "link", "linkat", "symlink", "symlinkat", "truncate", "fallocate",
              "posix_fallocate", "copy_file_range", "sendfile", "splice", "pwritev", "pwritev2", "renameat2",
              "rmdir", "remove", "mkstemp", "mkostemp", "sync_file_range", "syncfs", "sync", "msync", "dup",
              "dup2", "dup3", "open", "openat", "write", "writev", "pwrite", "ftruncate", "fsync", "fdatasync",
              "rename", "renameat", "unlink", "unlinkat", "mkdirat"}
    change |= {name + "64" for name in change}
    used = names[LIBRARY] & change
    assert used <= names[shim] and {"writev", "fdatasync", "renameat"} <= used

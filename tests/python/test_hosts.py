"""Unusual hosts of the package: forked and patched processes, subinterpreters, other libraries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import run_python

if TYPE_CHECKING:
    from pathlib import Path

# ---- Subinterpreters ---------------------------------------------------------------------------

IN_SUBINTERPRETER = """
import importlib
module = next(
    module
    for name in ("_interpreters", "_xxsubinterpreters")
    if (module := importlib.util.find_spec(name) and importlib.import_module(name))
)
interpreter = module.create()
program = '''
try:
    import libkevy as kevy
except ImportError as error:
    print("refused")
else:
    with kevy.start() as db:
        db.set("k", "v")
        print(db.get("k"))
'''
failed = module.run_string(interpreter, program)
print("back", failed)
module.destroy(interpreter)
"""


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="CPython's")
def test_a_subinterpreter_gets_an_import_error_or_an_instance() -> None:
    printed = run_python("import importlib.util" + IN_SUBINTERPRETER)
    assert printed in ("refused\nback None\n", "b'v'\nback None\n")


# ---- The library inside ------------------------------------------------------------------------


def test_the_library_inside_is_found_first(tmp_path: Path) -> None:
    """Whatever another libkevy.so.1 on the loader's path is."""
    (tmp_path / "empty.c").write_text("int kevy_none(void) { return 0; }")
    other = tmp_path / "libkevy.so.1"
    compiler = shutil.which("cc") or pytest.skip("no compiler")
    subprocess.run(
        [compiler, "-shared", "-o", other, "-Wl,-soname,libkevy.so.1", tmp_path / "empty.c"],
        check=True,
    )
    program = "import libkevy as kevy; print(kevy.start().ping())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_importing_it_imports_no_event_loop() -> None:
    program = "import sys, libkevy; print([m for m in ('asyncio', 'socket') if m in sys.modules])"
    assert run_python(program) == "[]\n"


# ---- gevent ------------------------------------------------------------------------------------

PATCHED = """
from gevent import monkey
monkey.patch_all()
import gevent, sys, time
import libkevy as kevy
beats = 0
def beat():
    global beats
    while True:
        beats += 1
        gevent.sleep(0.001)
gevent.spawn(beat)
"""


def run_patched(program: str) -> str:
    pytest.importorskip("gevent")
    return run_python(PATCHED + program)


@pytest.mark.parametrize("wait", ["messages.next({})", "session.next({})"])
def test_a_wait_of_a_greenlet_lets_others_run(wait: str) -> None:
    printed = run_patched(
        f"""
db = kevy.start()
messages, session = db.subscribe("c"), db.session()
session.execute("SUBSCRIBE", "c")
assert {wait.format(0)} is None
began = time.monotonic()
assert {wait.format(0.1)} is None
assert 0.1 <= time.monotonic() - began < 5
assert beats > 10, beats
gevent.spawn_later(0.05, db.publish, "c", "x")
print({wait.format("")})
"""
    )
    assert printed in ("Message(b'c', b'x')\n", "[b'message', b'c', b'x']\n")


def test_a_callback_is_a_greenlet_among_others() -> None:
    printed = run_patched(
        """
db = kevy.start()
seen = []
subscription = db.subscribe("c", callback=lambda message: seen.append(message.payload))
for i in range(3):
    db.publish("c", i)
with gevent.Timeout(20):
    while len(seen) < 3:
        gevent.sleep(0.001)
subscription.close()
db.stop()
print(seen, beats > 0)
"""
    )
    assert printed == "[b'0', b'1', b'2'] True\n"


def test_iterating_over_a_flood_lets_other_greenlets_run() -> None:
    printed = run_patched(
        """
db = kevy.start()
messages = db.subscribe("c")
for i in range(1000):
    db.publish("c", i)
before = beats
taken = [messages.next() for _ in range(1000)]
turns = []
gevent.spawn(lambda: turns.append(len(turns)))
for i in range(200):
    db.publish("c", i)
for i in range(200):
    messages.next()
closing = gevent.spawn_later(0.01, messages.close)
print(len(taken), len(turns), list(messages))
"""
    )
    assert printed == "1000 1 []\n"


@pytest.mark.parametrize(
    ("target", "pipeline"),
    [
        ("db", "pipeline()"),
        ("db.session()", "pipeline()"),
        ("db.redis(mode='direct')", "pipeline(transaction=False)"),
        ("db.redis(mode='descriptor')", "pipeline(transaction=False)"),
    ],
)
def test_a_pipeline_that_waits_lets_other_greenlets_run(target: str, pipeline: str) -> None:
    printed = run_patched(
        f"""
db = kevy.start()
target = {target}
gevent.spawn_later(0.05, db.rpush, "list", "x")
with gevent.Timeout(20):
    print(target.{pipeline}.set("k", "v").blpop("list").get("k").execute())
killed = gevent.spawn(target.{pipeline}.blpop("list").get("k").execute)
with gevent.Timeout(20):
    while db.info("clients")["blocked_clients"] != 1:
        gevent.sleep(0)
    killed.kill()
    while db.info("clients")["blocked_clients"] != 0:
        gevent.sleep(0)
db.rpush("list", "y")
print(target.blpop("list"))
"""
    )
    assert printed == "[True, (b'list', b'x'), b'v']\n(b'list', b'y')\n"


# ---- fork() ------------------------------------------------------------------------------------

LISTENS = """
import os, socket, sys, time
import libkevy as kevy
db = kevy.start(listen="127.0.0.1:0", threads=2)
port = int(db.addresses[0].rpartition(":")[2])
client = socket.create_connection(("127.0.0.1", port))
client.sendall(b"PING\\r\\n")
assert client.recv(100) == b"+PONG\\r\\n"
def is_closed():
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False
"""

FORKED = """
hears, tells = os.pipe()
child_hears, child_tells = os.pipe()
child = os.fork()
if child == 0:
    {in_child}
    os.write(child_tells, b"up")
    os.read(hears, 1)
    os._exit(0)
os.read(child_hears, 2)
db.stop()
closed = is_closed()
client.settimeout(20)
ended = client.recv(100)
os.write(tells, b"x")
os.waitpid(child, 0)
print(closed, ended)
"""


@pytest.mark.parametrize("in_child", ["pass", "db.stop()", "db = None", "kevy.start().stop()"])
def test_a_child_of_fork_keeps_no_port_open(in_child: str) -> None:
    assert run_python(LISTENS + FORKED.format(in_child=in_child)) == "True b''\n"


OF_MULTIPROCESSING = """
import multiprocessing, socket, sys
import libkevy as kevy

def live_on(up, end):
    with kevy.start(listen="127.0.0.1:0") as own:
        own.set("k", "the child's")
        up.put((own.get("k"), own.redis().get("k")))
        end.wait(20)

def use(handle, told):
    try:
        told.put(handle.get("k"))
    except kevy.ForkedError:
        told.put("forked")

def is_closed(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except ConnectionRefusedError:
        return True
    return False

def process_of_its_own(context):
    db = kevy.start(listen="127.0.0.1:0", threads=2)
    port = int(db.addresses[0].rpartition(":")[2])
    up, end = context.Queue(), context.Event()
    process = context.Process(target=live_on, args=(up, end))
    process.start()
    seen = up.get(timeout=20)
    print(*seen, db.get("k"), is_closed(port))
    db.stop()
    print(is_closed(port))
    end.set()
    process.join(20)
    print(process.exitcode)

def handle_as_argument(context):
    told = context.Queue()
    with kevy.start() as db, db.session() as session:
        for handle in (db, session):
            process = context.Process(target=use, args=(handle, told))
            try:
                process.start()
            except TypeError as error:
                print("refused", "pickle" in str(error))
            else:
                print(told.get(timeout=20))
                process.join(20)

def pool(context):
    with kevy.start() as db, context.Pool(2) as workers:
        db.set("k", "v")
        print(sorted(workers.map(run_in_instance, range(4))), db.get("k"))

def run_in_instance(number):
    with kevy.start() as own:
        own.set("k", number)
        return int(own.get("k"))

if __name__ == "__main__":
    globals()[sys.argv[2]](multiprocessing.get_context(sys.argv[1]))
"""


def run_with_processes(part: str, method: str, tmp_path: Path) -> list[str]:
    program = tmp_path / "program.py"
    program.write_text(OF_MULTIPROCESSING)
    done = subprocess.run(
        [sys.executable, program, method, part],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


METHODS = ["fork", "spawn", "forkserver"]


@pytest.mark.parametrize("method", METHODS)
def test_a_process_has_instances_of_its_own_and_keeps_no_port_open(
    method: str, tmp_path: Path
) -> None:
    seen = run_with_processes("process_of_its_own", method, tmp_path)
    assert seen == ['b"the child\'s" b"the child\'s" None False', "True", "0"]


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_of_processes_has_instances_of_its_own(method: str, tmp_path: Path) -> None:
    assert run_with_processes("pool", method, tmp_path) == ["[0, 1, 2, 3] b'v'"]


@pytest.mark.parametrize("method", METHODS)
def test_a_process_gets_no_handle_of_another(method: str, tmp_path: Path) -> None:
    wanted = "forked" if method == "fork" else "refused True"
    assert run_with_processes("handle_as_argument", method, tmp_path) == [wanted, wanted]


def test_the_parent_goes_on_serving_after_a_fork() -> None:
    program = """
child = os.fork()
if child == 0:
    db.stop()
    os._exit(0)
os.waitpid(child, 0)
client.sendall(b"SET k v\\r\\n")
assert client.recv(100) == b"+OK\\r\\n"
assert not is_closed()
print(db.get("k"))
db.stop()
"""
    assert run_python(LISTENS + program) == "b'v'\n"


CLIENTS_OF_A_CHILD = """
import os, threading
import libkevy as kevy, redis
from libkevy import _clients

def asked(call):
    try:
        return call()
    except redis.ConnectionError as error:
        return "belongs to the parent" in str(error)

def in_child(*calls):
    hears, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tells, repr([asked(call) for call in calls]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    print(os.read(hears, 1000).decode())
"""


def test_clients_in_a_child_of_fork() -> None:
    """What is the parent's is refused as a lost connection; a name stands for the child's own."""
    printed = run_python(
        CLIENTS_OF_A_CHILD
        + """
db = kevy.start(listen="127.0.0.1:0")
for mode in ("direct", "descriptor"):
    client = db.redis(mode=mode)
    client.set("k", "v")
    in_child(
        lambda: client.get("k"), client.pipeline().get("k").execute,
        lambda: client.blpop("k"), lambda: client.pubsub().subscribe("c"), lambda: repr(db),
    )
    print(client.get("k"))
named = kevy.from_url("kevy://name")
named.set("k", "v")
def named_in_child():
    return [kevy.from_url("kevy://name").incr("n") for _ in range(2)]
with _clients._naming:  # as another thread of the parent may
    in_child(lambda: named.get("k"), named_in_child, lambda: kevy.from_url("kevy://name").keys())
print(kevy.from_url("kevy://name").keys())
with kevy.patch():
    patched = redis.Redis(host="cache")
    patched.set("k", "v")
    in_child(lambda: patched.get("k"), lambda: redis.Redis(host="cache").get("k"))
    print(redis.Redis(host="cache").get("k"))
"""
    )
    of_parent = "[True, True, True, True, '<libkevy.Instance of the parent process>']"
    assert printed.splitlines() == [
        *(of_parent, "b'v'") * 2,
        "[True, [1, 2], [b'n']]",
        "[b'k']",
        "[True, True]",
        "b'v'",
    ]

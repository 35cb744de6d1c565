"""The program kevy-server: its options, its files, its ends."""

import os
import signal
import socket
import subprocess

import pytest
from servers import KEVY_SERVER, WAIT, ask, free_port, kevy_server, receive_to_end


def run(*arguments):
    return subprocess.run([KEVY_SERVER, *map(str, arguments)], capture_output=True,
                          text=True, timeout=WAIT)


def test_version_and_help():
    assert run("--version").stdout.startswith("kevy-server ")
    told = run("--help").stdout
    for option in ["--port", "--unixsocket", "--dir", "--threads", "--requirepass"]:
        assert option in told


@pytest.mark.parametrize("arguments, complaint", [
    (["--port", "99999"], "port: at most 65535"),
    (["--port", "x"], "takes a number"),
    (["--port", "0"], "nothing to listen on"),
    (["--no-such-thing"], "--no-such-thing"),
    (["--save", "900"], "save: Invalid save parameters"),
    (["--maxclients", "0"], "maxclients: argument must be between 1"),
    (["--dir", "/no/such/place"], "No such file or directory"),
    (["/no/such/file.conf"], "cannot read the configuration file"),
    (["--unixsocket", "/" + "x" * 120, "--port", "0"], "at most 107 bytes"),
])
def test_what_is_wrong_is_said(arguments, complaint):
    done = run(*arguments)
    assert done.returncode != 0
    assert complaint in done.stderr


def test_an_address_in_use_is_refused(kevy):
    done = run("--port", kevy.port)
    assert done.returncode == 1 and "Address already in use" in done.stderr
    done = run("--port", "0", "--unixsocket", kevy.path)
    assert done.returncode == 1 and "Address already in use" in done.stderr


def test_a_configuration_file_is_read_and_the_command_line_goes_before_it(tmp_path):
    included = tmp_path / "more.conf"
    included.write_text("timeout 7\nsave 300 10\n")
    path = tmp_path / "kevy.conf"
    path.write_text(f"""
# a comment
requirepass "pass word"
MaxClients 77
port 1
loglevel notice
client-output-buffer-limit normal 1mb 2kb 3
save 900 1
include {included}
""")
    server = kevy_server(tmp_path, [str(path), "--maxclients", "88"])
    with server.connect() as connection:
        ask(connection, "AUTH", "pass word", reply=b"+OK\r\n")
        ask(connection, "CONFIG", "GET", "maxclients",
            reply=b"*2\r\n$10\r\nmaxclients\r\n$2\r\n88\r\n")
        ask(connection, "CONFIG", "GET", "timeout", reply=b"*2\r\n$7\r\ntimeout\r\n$1\r\n7\r\n")
        ask(connection, "CONFIG", "GET", "save", reply=b"*2\r\n$4\r\nsave\r\n$0\r\n\r\n")
        connection.sendall(b"CONFIG GET client-output-buffer-limit\r\nQUIT\r\n")
        assert b"normal 1048576 2048 3 " in receive_to_end(connection)
    assert server.stop() == 0


def test_rules_of_the_file_and_of_the_command_line_add_up(tmp_path):
    path = tmp_path / "kevy.conf"
    path.write_text("save 900 1\nsave 300 10 60 100\n")
    server = kevy_server(tmp_path, ["--dir", str(tmp_path), "--save", "7 8", "--save", "9 10", str(path)])
    with server.connect() as connection:
        ask(connection, "CONFIG", "GET", "save", reply=b"*2\r\n$4\r\nsave\r\n$8\r\n7 8 9 10\r\n")
    assert server.stop() == 0


@pytest.mark.parametrize("line, complaint", [
    ('requirepass "open', "a quote is not closed"),
    ("no-such-directive 1", "unknown directive 'no-such-directive'"),
    ("daemonize yes", "stays in the foreground"),
    ("include /no/such/file", "cannot read the configuration file"),
])
def test_a_wrong_line_of_the_file_is_named(tmp_path, line, complaint):
    path = tmp_path / "kevy.conf"
    path.write_text("port 0\nunixsocket x.sock\n" + line + "\n")
    done = run(path)
    assert done.returncode == 1 and complaint in done.stderr


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_with_clients_connected(tmp_path, end):
    server = kevy_server(tmp_path)
    with server.connect() as one, server.connect("tcp") as other:
        ask(one, "PING", reply=b"+PONG\r\n")
        ask(other, "SUBSCRIBE", "c", reply=b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
        server.process.send_signal(end)
        assert server.process.wait(WAIT) == 0
        assert receive_to_end(one) == b"" and receive_to_end(other) == b""
    assert not os.path.exists(server.path)


def test_a_socket_left_by_a_dead_process_is_replaced(tmp_path):
    first = kevy_server(tmp_path)
    first.process.kill()
    first.process.wait(WAIT)
    assert os.path.exists(first.path)
    second = kevy_server(tmp_path)
    assert second.stop() == 0


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    assert run("--port", "0", "--unixsocket", path).returncode == 1
    assert path.read_text() == "data"


def test_unixsocketperm_sets_the_permissions(tmp_path):
    server = kevy_server(tmp_path, ["--unixsocketperm", "700"])
    assert os.stat(server.path).st_mode & 0o777 == 0o700
    assert server.stop() == 0


def test_bind_chooses_the_interface(tmp_path):
    port = free_port()
    server = subprocess.Popen([KEVY_SERVER, "--port", str(port), "--bind", "*"],
                              stdout=subprocess.PIPE, text=True)
    assert f"*:{port}" in server.stdout.readline()
    families = [(socket.AF_INET, "127.0.0.1")]
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
        families.append((socket.AF_INET6, "::1"))
    for family, host in families:
        with socket.socket(family) as connection:
            connection.settimeout(WAIT)
            connection.connect((host, port))
            ask(connection, "PING", reply=b"+PONG\r\n")
    server.terminate()
    assert server.wait(WAIT) == 0
    server.stdout.close()

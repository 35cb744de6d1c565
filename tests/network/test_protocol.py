"""What goes over the wire, byte for byte beside redis-server."""

import os
import random

import pytest
from servers import ask, command, receive_exactly, receive_to_end

# Each of these ends the connection: what comes back until then is compared.
CONVERSATIONS = {
    "inline": b"SET a 1\r\nGET a\r\nQUIT\r\n",
    "inline with a bare newline": b"PING\nQUIT\n",
    "inline with quotes": b"SET 'a b' \"x\\x41\\n\"\r\nGET 'a b'\r\nQUIT\r\n",
    "inline with unbalanced quotes": b"PING\r\nSET a \"x\r\nPING\r\n",
    "empty lines": b"\r\n\r\n\nPING\r\nQUIT\r\n",
    "B35 nothing after QUIT runs": b"SET q 1\r\nQUIT\r\nSET q 2\r\n",
    "QUIT as an array": command("PING") + command("QUIT") + command("PING"),
    "empty and negative arrays": b"*0\r\n*-1\r\n" + command("PING") + command("QUIT"),
    "B34 replies before a protocol error": command("PING") + b"*1\r\n:1\r\n" + command("PING"),
    "B34 array length that is no number": b"*x\r\n",
    "B34 array length too large": b"*1048577\r\n" * 2 + b"*9999999999\r\n",
    "B34 array length beyond 64 bits": b"*99999999999999999999\r\n",
    "B34 bulk length missing": b"*1\r\nPING\r\n",
    "B34 bulk length that is no number": b"*1\r\n$x\r\n",
    "B34 bulk length negative": b"*1\r\n$-1\r\n",
    "B34 bulk length over the limit": b"*2\r\n$3\r\nGET\r\n$536870913\r\n",
    "B34 inline line without an end": b"x" * 70000,
    "B34 array header without an end": b"*" + b"1" * 70000,
    "B34 bulk header without an end": b"*1\r\n$" + b"1" * 70000,
    "NUL bytes": command("SET", b"a\0b", b"\0") + command("GET", b"a\0b") + command("QUIT"),
    "binary garbage": bytes(range(128, 256)) + b"\r\nQUIT\r\n",
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an HTTP POST": b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    "empty key": command("SET", "", "v") + command("GET", "") + command("QUIT"),
    "unknown commands": command("NOSUCH", "a", b"\xff\r\n") + command("QUIT"),
}


def converse(server, over, sent, pieces=1):
    with server.connect(over) as connection:
        size = max(1, len(sent) // pieces)
        try:
            for at in range(0, len(sent), size):
                connection.sendall(sent[at : at + size])
        except (BrokenPipeError, ConnectionResetError):
            pass  # an error that closes the connection may come before all is sent
        return receive_to_end(connection)


@pytest.mark.parametrize("over", ["unix", "tcp"])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation_is_that_of_redis(kevy, redis, name, over):
    sent = CONVERSATIONS[name]
    theirs = converse(redis, over, sent)
    assert converse(kevy, over, sent) == theirs
    # What was answered before an HTTP request gives itself away may be out already or not.
    if len(sent) < 1000 and "HTTP" not in name:
        assert converse(kevy, over, sent, pieces=len(sent)) == theirs


def test_B10_pipelined_replies_keep_their_order_whatever_shards(kevy):
    random.seed(10)
    with kevy.connect("tcp") as connection:
        sent, wanted = b"", b""
        for i in range(5000):
            key, value = f"order:{i}", os.urandom(random.choice([1, 20, 3000]))
            sent += command("SET", key, value) + command("GET", key)
            wanted += b"+OK\r\n$%d\r\n%s\r\n" % (len(value), value)
            if len(sent) > 100_000 or i == 4999:
                connection.sendall(sent)
                assert receive_exactly(connection, len(wanted)) == wanted
                sent, wanted = b"", b""


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_a_pipeline_sent_whole_before_any_reply_is_read(kevy, over):
    value = b"v" * 1000
    with kevy.connect(over) as connection:
        ask(connection, "SET", "piped", value, reply=b"+OK\r\n")
        connection.sendall(command("GET", "piped") * 50_000)  # 51 MB of replies
        wanted = b"$1000\r\n%s\r\n" % value
        assert receive_exactly(connection, 50_000 * len(wanted)) == wanted * 50_000


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_values_of_many_megabytes_go_both_ways(kevy, over):
    value = os.urandom(1 << 20) * 40
    with kevy.connect(over) as connection:
        ask(connection, "SET", "big", value, reply=b"+OK\r\n")
        ask(connection, "GET", "big", reply=b"$%d\r\n%s\r\n" % (len(value), value))
        ask(connection, "DEL", "big", reply=b":1\r\n")


def test_commands_sent_before_the_client_closed_its_side_are_run(kevy):
    with kevy.connect("tcp") as connection:
        connection.sendall(command("INCR", "half-closed") * 3000)
        connection.shutdown(1)  # no more will be sent
        assert receive_to_end(connection).endswith(b":3000\r\n")


def test_B12_own_messages_come_after_the_acknowledgement_and_outside_of_EXEC(kevy):
    with kevy.connect() as connection:
        connection.sendall(command("HELLO", "3"))
        connection.sendall(
            command("SUBSCRIBE", "mine") + command("MULTI") + command("PUBLISH", "mine", "m")
            + command("SET", "k", "v") + command("EXEC") + command("QUIT"))
        data = receive_to_end(connection)
    tail = data[data.index(b">3\r\n$9\r\nsubscribe") :]
    message = b">3\r\n$7\r\nmessage\r\n$4\r\nmine\r\n$1\r\nm\r\n"
    assert tail == (b">3\r\n$9\r\nsubscribe\r\n$4\r\nmine\r\n:1\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n"
                    b"*2\r\n:1\r\n+OK\r\n" + message + b"+OK\r\n")


def test_B13_a_message_never_overtakes_the_write_before_it(kevy):
    with kevy.connect("tcp") as listener, kevy.connect("tcp") as writer:
        ask(listener, "SUBSCRIBE", "news", reply=b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n")
        with kevy.connect("tcp") as reader:
            for i in range(500):
                writer.sendall(command("SET", f"payload:{i}", i) + command("PUBLISH", "news", i))
                number = str(i).encode()
                message = b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$%d\r\n%s\r\n" % (
                    len(number), number)
                assert receive_exactly(listener, len(message)) == message
                ask(reader, "GET", f"payload:{i}",
                    reply=b"$%d\r\n%s\r\n" % (len(number), number))
                receive_exactly(writer, len(b"+OK\r\n:1\r\n"))

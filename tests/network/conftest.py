import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import kevy_server, redis_server, valkey_server  # noqa: E402


@pytest.fixture(scope="module")
def kevy(tmp_path_factory):
    server = kevy_server(tmp_path_factory.mktemp("kevy"), ["--threads", "2"])
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = redis_server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    server = valkey_server(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path):
    """Starts a kevy-server with arguments of the test's own."""
    started = []

    def start_one(*arguments, environment=None):
        started.append(kevy_server(tmp_path, arguments, environment))
        return started[-1]

    yield start_one
    for server in started:
        if server.process.poll() is None:
            assert server.stop() == 0

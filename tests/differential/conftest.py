import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from doors import Kevy, Redis  # noqa: E402


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


@pytest.fixture(params=[1, 2, 8])
def kevy(request):
    """An instance with one shard, with few and with many: no reply depends on it (B21)."""
    door = Kevy(request.param)
    yield door
    door.close()

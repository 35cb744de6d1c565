import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from differences import REDIS, VALKEY  # noqa: E402
from doors import Kevy, Reference  # noqa: E402


@pytest.fixture(scope="module", params=[VALKEY, REDIS])
def reference(request, tmp_path_factory):
    """A reference: every test runs beside each."""
    server = Reference(request.param, tmp_path_factory.mktemp("reference"))
    yield server
    server.close()


@pytest.fixture(params=[1, 2, 8])
def kevy(request):
    """An instance with one shard, with few and with many: no reply depends on it (B21)."""
    door = Kevy(request.param)
    yield door
    door.close()

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "network"))


@pytest.fixture
def folder(tmp_path):
    """A directory for the files of a test's servers."""
    made = tmp_path / "data"
    made.mkdir()
    return made

"""Rules of the house that can be read off the files."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAY_INCLUDE = {
    "base": {"base"},
    "resp": {"base", "resp"},
    "store": {"base", "store"},
    "runtime": {"base", "resp", "store", "runtime"},
    "command": {"base", "resp", "store", "runtime", "command"},
    "net": {"base", "resp", "store", "runtime", "net"},
    "instance": {"base", "resp", "store", "runtime", "command", "net", "instance"},
}


def sources():
    files = sorted((ROOT / "core").rglob("*.h")) + sorted((ROOT / "core").rglob("*.cpp"))
    assert len(files) > 60
    return files


def test_includes_point_one_way():
    checked = 0
    for path in sources():
        folder = path.relative_to(ROOT / "core").parts[0]
        for included in re.findall(r'#include "(\w+)/', path.read_text()):
            checked += 1
            assert included in MAY_INCLUDE[folder], f"{path} includes {included}/"
    assert checked > 200


def test_files_are_short():
    for path in sources():
        assert len(path.read_text().splitlines()) <= 500, path


def test_folders_are_small():
    """More sources than that are several rooms in one."""
    counts = Counter(path.parent for path in sources() if path.suffix == ".cpp")
    assert len(counts) > 15
    for folder, count in counts.items():
        assert count <= 15, folder


def test_the_library_writes_to_no_stream():
    for path in sources():
        text = path.read_text()
        assert not re.search(r"\bstd::c(out|err)\b|\bprintf\(|\bputs\(", text), path


def test_instructions_of_a_processor_have_one_place():
    """What else there is builds on any processor."""
    instructions = re.compile(r"\b_mm\d*_|\b__m\d+|\w*intrin\.h|arm_neon\.h|__builtin_(ia32|arm)_")
    where = {path.name for path in sources() if instructions.search(path.read_text())}
    assert where == {"processor.h"}


def test_headers_say_what_they_are():
    for path in (ROOT / "core").rglob("*.h"):
        assert path.read_text().startswith("// "), path


def test_names_from_clients_are_hashed_under_a_secret():
    """The hash of std::unordered_map over text is fixed and public. What has no text as its key may
    use it, and so may the table of commands, whose keys are kevy's own."""
    tables = 0
    for path in sources():
        for key in re.findall(r"\bstd::unordered_\w+<([^,>]+)", path.read_text()):
            tables += 1
            own_keys = path.name == "command_table.h"
            assert own_keys or key.endswith("*") or key == "uint64_t", f"{path}: keys are {key}"
        assert not re.search(r"\bstd::hash<", path.read_text()), path
    assert tables >= 4

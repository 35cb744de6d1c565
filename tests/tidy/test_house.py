"""Rules of the house that can be read off the files."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = os.environ.get("KEVY_LIBRARY", str(ROOT / "build/release/capi/libkevy.so.1"))
MAY_INCLUDE = {
    "base": {"base"},
    "resp": {"base", "resp"},
    "store": {"base", "store"},
    "runtime": {"base", "resp", "store", "runtime"},
    "command": {"base", "resp", "store", "runtime", "command"},
    "script": {"base", "resp", "store", "runtime", "script"},
    "persist": {"base", "resp", "store", "runtime", "persist"},
    "net": {"base", "resp", "store", "runtime", "net"},
    "instance": {
        "base", "resp", "store", "runtime", "command", "script", "persist", "net", "instance",
    },
}


def sources():
    files = sorted((ROOT / "core").rglob("*.h")) + sorted((ROOT / "core").rglob("*.cpp"))
    assert len(files) > 60
    return files


def test_includes_point_one_way():
    checked = 0
    for path in sources():
        folder = path.relative_to(ROOT / "core").parts[0]
        for included in re.findall(r'#include "(\w+)/', path.read_text(encoding="utf-8")):
            checked += 1
            assert included in MAY_INCLUDE[folder], f"{path} includes {included}/"
    assert checked > 200


def test_files_are_short():
    for path in sources():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, path


def test_folders_are_small():
    """More sources than that are several rooms in one."""
    counts = Counter(path.parent for path in sources() if path.suffix == ".cpp")
    assert len(counts) > 15
    for folder, count in counts.items():
        assert count <= 15, folder


def test_the_library_writes_to_no_stream():
    for path in sources():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bstd::c(out|err)\b|\bprintf\(|\bputs\(", text), path


def test_instructions_of_a_processor_have_one_place():
    """What else there is builds on any processor."""
    instructions = re.compile(r"\b_mm\d*_|\b__m\d+|\w*intrin\.h|arm_neon\.h|__builtin_(ia32|arm)_")
    where = {path.name for path in sources() if instructions.search(path.read_text(encoding="utf-8"))}
    assert where == {"processor.h"}


# What follows the host's locale, but for strtold_l and its like, which are told which to follow.
BY_LOCALE = re.compile(
    r"\b(?:strto(?:d|f|ld)|ato[fil]l?|sto(?:d|f|ld)|(?:v?s?n?|f|vf|d|as)printf|v?s?scanf|setlocale|localeconv"
    r"|is(?:alpha|alnum|digit|space|blank|upper|lower|punct|print|graph|cntrl|xdigit)|to(?:upper|lower)"
    r"|strcoll|strxfrm|strcasecmp|strncasecmp|strcasestr|strftime|strptime|(?:gai_)?strerror(?:_r)?"
    r"|mbsto?wcs|wcstombs|mbrtowc|std::format)\s*\("
    r"|#include <(?:iostream|ostream|istream|sstream|fstream|iomanip|locale|clocale|cctype|ctype\.h"
    r"|format|regex|cwctype|wctype\.h|strings\.h)>"
)
# Names under which the library would ask the C and C++ libraries for the same.
BY_LOCALE_SYMBOL = re.compile(
    r"^(?:strto(?:d|f|ld)|ato[fl]l?|\w*printf(?:_chk)?|\w*scanf|setlocale|localeconv|is[a-z]+|to(?:upper|lower)"
    r"|__ctype_\w+|strcoll|strxfrm|strn?casecmp|strftime|(?:gai_)?strerror(?:_r)?|mbr?\w+wcs?|_ZNSt6locale\w+"
    r"|_ZNS\w*basic_[io]*stream\w*)$"
)


def test_the_library_does_nothing_by_the_locale():
    files = sources() + sorted((ROOT / "capi/src").iterdir())
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = line.split("//")[0]
            assert not BY_LOCALE.search(code), f"{path}:{number}: {line}"
    for wrong in ("std::isspace(c)", "strtod (a, b)", "#include <sstream>",
                  "snprintf(b, 1, f)", "setlocale(LC_ALL, 0)", "tolower(c)", "std::stod(t)"):
        assert BY_LOCALE.search(wrong), wrong
    assert not BY_LOCALE.search("strtold_l(a, b, c_locale())")


def test_the_library_asks_for_nothing_that_follows_the_locale():
    """What was hidden from the sources' words, as std::to_string of a double, is seen in the symbols."""
    asked = subprocess.run(["nm", "-D", "--undefined-only", LIBRARY], check=True, capture_output=True,
                           text=True).stdout.split()
    names = {word.split("@")[0] for word in asked if word not in ("U", "w")}
    assert len(names) > 50 and "newlocale" in names
    assert {name for name in names if BY_LOCALE_SYMBOL.match(name)} == set()


def test_headers_say_what_they_are():
    for path in (ROOT / "core").rglob("*.h"):
        assert path.read_text(encoding="utf-8").startswith("// "), path


def test_names_from_clients_are_hashed_under_a_secret():
    """The hash of std::unordered_map over text is fixed and public. What has no text as its key may
    use it, and so may the table of commands, whose keys are kevy's own."""
    tables = 0
    for path in sources():
        for key in re.findall(r"\bstd::unordered_\w+<([^,>]+)", path.read_text(encoding="utf-8")):
            tables += 1
            own_keys = path.name == "command_table.h"
            assert own_keys or key.endswith("*") or key == "uint64_t", f"{path}: keys are {key}"
        assert not re.search(r"\bstd::hash<", path.read_text(encoding="utf-8")), path
    assert tables >= 4

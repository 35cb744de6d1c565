"""Every behaviour of behaviours.txt is named by a test, but for those that are marked `later`.

Fails when the last test of a number goes, when a number marked `later` has got a test (take the mark
away), and when a test names a number that there is not. Proven by the tests at the end, which hold a
made-up list against made-up tests.
"""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("behaviours.txt")
SOURCES = {".c", ".cpp", ".py", ".pyi", ".js", ".mjs", ".cjs", ".ts"}
NOT_OURS = {"node_modules", "tidy"}
# A range (B03-B09) claims more than one test shows, so its ends do not count.
NUMBER = re.compile(r"(?<![A-Za-z0-9-])([BG]\d{1,2})(?![A-Za-z0-9-])")


def promised(text):
    """The numbers of a list: (those that need a test, those marked `later`)."""
    now, later = set(), set()
    for line in text.splitlines():
        if line and not line.startswith("#"):
            (later if "| later:" in line else now).add(line.split()[0])
    return now, later


def named(texts):
    return {number for text in texts for number in NUMBER.findall(text)}


def complaints(now, later, shown):
    return (
        [f"{number}: no test names it" for number in sorted(now - shown)]
        + [f"{number}: has a test, but is marked `later`" for number in sorted(later & shown)]
        + [f"{number}: a test names it, but it is not listed" for number in sorted(shown - now - later)]
    )


def sources():
    for path in sorted(TESTS.rglob("*")):
        inside = NOT_OURS.isdisjoint(path.relative_to(TESTS).parts)
        if inside and path.suffix in SOURCES and path.is_file():
            yield path


def test_every_behaviour_has_a_test():
    texts = [path.read_text(encoding="utf-8") for path in sources()]
    assert len(texts) > 20
    now, later = promised(LIST.read_text(encoding="utf-8"))
    assert len(now | later) == 45 + 7
    assert complaints(now, later, named(texts)) == []


def test_a_number_that_lost_its_test_is_noticed():
    now, later = promised("# head\nB01 one\nB02 two\nB03 three | later: sets\n")
    assert complaints(now, later, named(['TEST_CASE("B01 ...")', "B02-B09"])) == [
        "B02: no test names it"
    ]


def test_a_mark_that_is_out_of_date_and_a_number_that_is_none_are_noticed():
    now, later = promised("B01 one\nB03 three | later: sets\n")
    assert complaints(now, later, named(["B01 B03", "it('G9 ...')"])) == [
        "B03: has a test, but is marked `later`",
        "G9: a test names it, but it is not listed",
    ]

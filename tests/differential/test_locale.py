"""B40 G3: nothing in the library depends on the locale of the process that it runs in. The host goes
over to a locale that writes "1,5", and every script answers as before."""

import ctypes
import locale
import subprocess

import pytest
from compare import run_on_both
from differences import VALKEY, words_of
from doors import Kevy, Reference, make_fresh
from test_commands import scripts

GERMAN = "de_DE.UTF-8"


def printed(number):
    """A number as the C library of this process prints it."""
    buffer = ctypes.create_string_buffer(16)
    ctypes.CDLL(None).snprintf(buffer, 16, b"%.1f", ctypes.c_double(number))
    return buffer.value


@pytest.fixture(scope="module")
def german_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locales")
    subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", folder / GERMAN], check=True)
    patch = pytest.MonkeyPatch()
    patch.setenv("LOCPATH", str(folder))
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, GERMAN)
    assert printed(1.5) == b"1,5", "the locale is not in force"
    yield
    locale.setlocale(locale.LC_ALL, before)
    patch.undo()


def test_scripts_answer_the_same_in_another_locale(german_host, tmp_path):
    reference, kevy = Reference(VALKEY, tmp_path), Kevy(2)
    compared = 0
    for script in scripts():
        make_fresh(reference, kevy)
        for command in script.values[0].split(";"):
            theirs, ours, agree, apart = run_on_both(reference, kevy, words_of(command))
            assert agree, f"{command}\nkevy: {ours!r}\n{reference.version}: {theirs!r}"
            compared += 1
            if apart:
                break
    assert compared > 2500
    assert printed(1.5) == b"1,5"
    kevy.close()
    reference.close()


def test_an_instance_leaves_the_locale_alone(german_host):
    before = locale.setlocale(locale.LC_ALL)
    kevy = Kevy(1)
    assert kevy.run([b"INCRBYFLOAT", b"n", b"1.5"]) == b"$3\r\n1.5\r\n"
    kevy.close()
    assert locale.setlocale(locale.LC_ALL) == before == GERMAN

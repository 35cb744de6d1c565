"""The package itself: its two doors, its wheel, an installation of it, its examples and docs."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import libkevy as kevy
import pytest
from conftest import run_python
from libkevy import _cffi, _cffi_library

COMPILED = sys.implementation.name != "pypy"  # a wheel for PyPy has only the cffi door
if COMPILED:
    from libkevy import _native

ROOT = Path(__file__).resolve().parents[2]
needs_extension = pytest.mark.skipif(not COMPILED, reason="PyPy has no compiled door")
HANDLES = ("InstanceHandle", "SessionHandle", "SubscriptionHandle")


def test_the_door_is_the_one_asked_for() -> None:
    default = "native" if COMPILED else "cffi"
    assert kevy.backend == os.environ.get("KEVY_PYTHON_BACKEND", default)
    assert issubclass(kevy.Instance, (_cffi if kevy.backend == "cffi" else _native).InstanceHandle)


def test_an_unknown_door_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import libkevy"],
        env={**os.environ, "KEVY_PYTHON_BACKEND": "telnet"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ImportError: KEVY_PYTHON_BACKEND is 'telnet'" in done.stderr


@needs_extension
def test_the_native_door_needs_no_cffi() -> None:
    environment = "os.environ['KEVY_PYTHON_BACKEND'] = 'native'"
    run_python(f"import os, sys; {environment}; sys.modules['cffi'] = None; import libkevy")


def signatures_in_stub() -> dict[str, dict[str, list[str]]]:
    tree = ast.parse((Path(kevy.__file__).parent / "_native.pyi").read_text())
    return {
        node.name: {
            method.name: [a.arg for a in (*method.args.posonlyargs, *method.args.args)]
            for method in node.body
            if isinstance(method, ast.FunctionDef)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


@needs_extension
@pytest.mark.parametrize("name", HANDLES)
def test_the_doors_have_the_same_methods(name: str) -> None:
    declared = signatures_in_stub()[name]
    assert len(declared) > 4
    for method, parameters in declared.items():
        assert hasattr(getattr(_native, name), method)
        signature = inspect.signature(getattr(getattr(_cffi, name), method))
        positional = [
            p.name
            for p in signature.parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        assert positional == parameters, method


def test_the_declarations_of_cffi_are_all_of_the_header() -> None:
    header = (ROOT / "capi/include/kevy.h").read_text()
    assert (Path(kevy.__file__).parent / "kevy.h").read_text() == header
    functions = set(re.findall(r"^KEVY_API [^(]*?(kevy_\w+)\(", header, re.MULTILINE))
    assert len(functions) > 40
    assert all(hasattr(_cffi_library.lib, function) for function in functions)


def test_the_version_is_that_of_the_file() -> None:
    assert kevy.__version__ == version("libkevy") == (ROOT / "VERSION").read_text().strip()


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that tools/python.sh built."""
    if "KEVY_WHEEL" not in os.environ:
        pytest.skip("KEVY_WHEEL names no wheel")
    return Path(os.environ["KEVY_WHEEL"])


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    files = {name for name in names if not re.match(r"libkevy-[^/]*\.dist-info/", name)}
    sources = ROOT / "bindings/python/libkevy"
    expected = {f"libkevy/{path.name}" for path in sources.iterdir() if path.is_file()}
    extensions = {name for name in files if re.fullmatch(r"libkevy/_native\..*\.so", name)}
    assert len(extensions) == COMPILED
    assert files == expected | extensions | {"libkevy/libkevy.so.1", "libkevy/kevy.h"}
    for text in ("LICENSE", "NOTICE"):
        assert any(name.endswith(f"licenses/{text}") for name in names)


# What manylinux_2_34 allows: RHEL 9, Debian 12, Ubuntu 22.04 and what came after them. The C++
# library decides it, which has numbers with a point as text since GCC 11.
NEWEST = {"GLIBC": (2, 34), "GLIBCXX": (3, 4, 29)}


def libraries_of(wheel: Path, folder: Path) -> list[Path]:
    """What is compiled in the wheel, unpacked."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    libraries = list(folder.glob("libkevy/*.so*"))
    assert len(libraries) == 1 + COMPILED
    return libraries


def test_the_wheel_runs_on_the_systems_that_its_name_tells(wheel: Path, tmp_path: Path) -> None:
    assert re.search(r"-manylinux_2_34_\w+\.whl$", wheel.name), wheel.name
    for library in libraries_of(wheel, tmp_path):
        symbols = subprocess.run(
            ["objdump", "-T", library], capture_output=True, text=True, check=True
        ).stdout
        for name, newest in NEWEST.items():
            versions = re.findall(rf"\({name}_([\d.]+)\) *(\w+)", symbols)
            assert versions
            for version_text, symbol in versions:
                needed = tuple(map(int, version_text.split(".")))
                assert needed <= newest, f"{library.name} needs {symbol} of {version_text}"


def test_the_wheel_has_no_symbols_that_only_a_debugger_reads(wheel: Path, tmp_path: Path) -> None:
    for library in libraries_of(wheel, tmp_path):
        sections = subprocess.run(
            ["readelf", "-SW", library], capture_output=True, text=True, check=True
        ).stdout
        assert ".dynsym" in sections
        assert not re.search(r"\.symtab|\.debug", sections), library.name


@needs_extension
def test_the_extension_finds_the_library_beside_it() -> None:
    assert _native.__file__ is not None
    dynamic = subprocess.run(
        ["readelf", "-d", _native.__file__], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"NEEDED.*\[libkevy\.so\.1\]", dynamic)
    assert re.search(r"\(RPATH\).*\[\$ORIGIN\]", dynamic)


def test_the_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    offline = [python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(offline, check=True, cwd=tmp_path)
    program = """
import importlib.util, libkevy as kevy
assert importlib.util.find_spec("kevy") is None, "that name is another distribution's"
db = kevy.start()
db.set("k", "v")
print(db.get("k"), kevy.__file__)
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("KEVY_", "PYTHON"))}
    done = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"b'v' {tmp_path}/venv/")


def test_word_count_counts_words(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("The cat and the dog.\n" * 3)
    (tmp_path / "two.txt").write_text("THE END")
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "examples/python/word_count.py"),
            str(tmp_path / "one.txt"),
            str(tmp_path / "two.txt"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["7", "the"]
    assert lines[-1].startswith("17 words, 5 different")


def examples_in(document: str) -> list[tuple[int, str]]:
    text = (ROOT / "docs" / document).read_text()
    return [
        (text.count("\n", 0, match.start()) + 2, match.group(1))
        for match in re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def test_every_example_of_the_docs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, in one namespace. Where a comment after an expression says `#> value`, it holds."""
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    examples = examples_in("python.md")
    assert len(examples) >= 10
    compared = 0
    for line, example in examples:
        for statement in ast.parse(example).body:
            source = example.splitlines()[statement.end_lineno - 1 if statement.end_lineno else 0]
            claimed = re.search(r"  #> (.*)$", source)
            where = f"docs/python.md:{line + statement.lineno - 1}"
            if claimed and isinstance(statement, ast.Expr):
                code = compile(ast.Expression(statement.value), where, "eval")
                assert repr(eval(code, namespace)) == claimed.group(1), where
                compared += 1
            else:
                code = compile(ast.Module([statement], []), where, "exec")
                exec(code, namespace)
    assert compared >= 15


def test_the_public_names_are_documented() -> None:
    assert importlib.util.find_spec("libkevy.errors") is not None
    for name in kevy.__all__:
        thing = getattr(kevy, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name
            for method, value in vars(thing).items():
                if inspect.isfunction(value) and not method.startswith("_"):
                    assert value.__doc__, f"{name}.{method}"

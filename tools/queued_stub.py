#!/usr/bin/env python3
"""Writes bindings/python/libkevy/_queued.pyi: the verbs of a pipeline, after those of an instance.

Python's types cannot say that a class has another's methods with results of its own, so that they
are declared once more. Nobody does that by hand: a test compares the file with what this writes.

    queued_stub.py           write the file
    queued_stub.py --print   print what it has to be
"""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "bindings/python/libkevy"
MODULES = ["_strings", "_keys", "_lists", "_hashes", "_hash_expiry", "_sets", "_sorted_sets",
           "_blocking", "_streams", "_stream_groups", "_bitmaps", "_geo", "_scripts", "_server"]
WIDTH = 100

HEAD = """\
# Written by tools/queued_stub.py: the verbs of Commands, which here give the pipeline.
# ruff: noqa: A002
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal

from typing_extensions import Self

from libkevy._sorted_sets import Sources
from libkevy._types import Word
from libkevy._verbs import Words

__all__ = ["QueuedCommands"]

class QueuedCommands:
"""


def verbs(module):
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    for found in tree.body:
        for method in found.body if isinstance(found, ast.ClassDef) else ():
            if (
                isinstance(method, ast.FunctionDef)
                and not method.decorator_list  # the overloads
                and not method.name.startswith("_")
            ):
                yield method


def parameter(argument, default):
    text = argument.arg
    if argument.annotation is not None:
        text += f": {ast.unparse(argument.annotation)}"
    return text if default is None else f"{text} = {ast.unparse(default)}".replace("'", '"')


def parameters(arguments):
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(positional) - len(arguments.defaults))
    yield from map(parameter, positional, [*missing, *arguments.defaults])
    if arguments.vararg:
        yield "*" + parameter(arguments.vararg, None)
    elif arguments.kwonlyargs:
        yield "*"
    yield from map(parameter, arguments.kwonlyargs, arguments.kw_defaults)


def declaration(method):
    words = list(parameters(method.args))
    line = f"    def {method.name}({', '.join(words)}) -> Self: ..."
    if len(line) <= WIDTH:
        return line + "\n"
    inner = f"        {', '.join(words)}"
    if len(inner) <= WIDTH:
        return f"    def {method.name}(\n{inner}\n    ) -> Self: ...\n"
    lines = "".join(f"        {word},\n" for word in words)
    return f"    def {method.name}(\n{lines}    ) -> Self: ...\n"


def stub():
    return HEAD + "".join(declaration(verb) for name in MODULES for verb in verbs(name))


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(stub())
    else:
        (PACKAGE / "_queued.pyi").write_text(stub(), encoding="utf-8")

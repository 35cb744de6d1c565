"""Chooses the door to libkevy: the compiled extension, or cffi.

Both give the same three classes, on which the rest of the package is built. ``KEVY_PYTHON_BACKEND``
may be ``native`` or ``cffi``; without it PyPy takes cffi and everything else the extension.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

__all__ = [
    "InstanceHandle",
    "PipelineHandle",
    "SessionHandle",
    "SubscriptionHandle",
    "backend",
    "library_version",
]

#: ``"native"`` or ``"cffi"``.
backend = os.environ.get("KEVY_PYTHON_BACKEND") or (
    "cffi" if sys.implementation.name == "pypy" else "native"
)

if backend not in ("native", "cffi"):
    msg = f"KEVY_PYTHON_BACKEND is {backend!r}; it may be 'native' or 'cffi'"
    raise ImportError(msg)


def _refuse_subinterpreters() -> None:
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters: Any = importlib.import_module(name)
        except ImportError:
            continue
        current, main = interpreters.get_current(), interpreters.get_main()
        if current != main:
            message = "libkevy works in the main interpreter, not in a subinterpreter"
            raise ImportError(message)
        return


_refuse_subinterpreters()

if TYPE_CHECKING or backend == "native":
    from libkevy._native import (
        InstanceHandle,
        PipelineHandle,
        SessionHandle,
        SubscriptionHandle,
        library_version,
    )
else:
    from libkevy._cffi import (
        InstanceHandle,
        PipelineHandle,
        SessionHandle,
        SubscriptionHandle,
        library_version,
    )

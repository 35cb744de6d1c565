"""The everyday verbs of a pipeline: those of ``Commands``, each of which gives the pipeline.

What mypy knows of them is in _queued.pyi, which tools/queued_stub.py writes.
"""

from __future__ import annotations

from typing import Any

from libkevy._commands import Commands

__all__ = ["QueuedCommands"]


class QueuedCommands(Commands[Any]):
    """The verbs that a pipeline collects. Their results are converted when it has run."""

    __slots__ = ()

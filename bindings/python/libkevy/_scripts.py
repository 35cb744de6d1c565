"""The verbs of scripts and functions."""
# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

from libkevy._types import V, Word
from libkevy._verbs import Verbs, bools_of, chosen, is_done


class Scripts(Verbs[V]):
    """Lua that runs as one command. Its results come as Redis has them."""

    __slots__ = ()

    def eval(self, script: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a script."""
        return self._command("EVAL", script, numkeys, *keys_and_args)

    def eval_ro(self, script: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a script that may only read."""
        return self._command("EVAL_RO", script, numkeys, *keys_and_args)

    def evalsha(self, sha: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a script that was loaded, by its digest."""
        return self._command("EVALSHA", sha, numkeys, *keys_and_args)

    def evalsha_ro(self, sha: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a script that was loaded and may only read, by its digest."""
        return self._command("EVALSHA_RO", sha, numkeys, *keys_and_args)

    def script_load(self, script: Word) -> str:
        """Loads a script; its digest."""
        return self._converted(_text_of, "SCRIPT", "LOAD", script)

    def script_exists(self, *args: Word) -> list[bool]:
        """Whether scripts are loaded, by their digests."""
        return self._converted(bools_of, "SCRIPT", "EXISTS", *args)

    def script_flush(self, sync_type: str | None = None) -> bool:
        """Forgets all scripts."""
        return self._converted(is_done, "SCRIPT", "FLUSH", *([sync_type] if sync_type else ()))

    def script_kill(self) -> bool:
        """Ends the script that runs, unless it has written."""
        return self._converted(is_done, "SCRIPT", "KILL")

    def fcall(self, function: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a function of a library that was loaded."""
        return self._command("FCALL", function, numkeys, *keys_and_args)

    def fcall_ro(self, function: Word, numkeys: int, *keys_and_args: Word) -> Any:
        """Runs a function that may only read."""
        return self._command("FCALL_RO", function, numkeys, *keys_and_args)

    def function_load(self, code: Word, replace: bool | None = False) -> V:
        """Loads a library of functions; its name."""
        return self._command("FUNCTION", "LOAD", *chosen(replace=bool(replace)), code)

    def function_delete(self, library: Word) -> bool:
        """Forgets a library."""
        return self._converted(is_done, "FUNCTION", "DELETE", library)

    def function_flush(self, mode: str = "SYNC") -> bool:
        """Forgets all libraries."""
        return self._converted(is_done, "FUNCTION", "FLUSH", mode)

    def function_list(self, library: Word | None = "*", withcode: bool | None = False) -> list[Any]:
        """The libraries whose names match a pattern, as names and values in turn."""
        words = ["LIBRARYNAME", "*" if library is None else library]
        return self._converted(_flat, "FUNCTION", "LIST", *words, *chosen(withcode=bool(withcode)))

    def function_kill(self) -> V:
        """Ends the function that runs, unless it has written."""
        return self._command("FUNCTION", "KILL")


def _text_of(reply: Any) -> str:
    return reply.decode() if isinstance(reply, bytes) else reply


def _flat(reply: Any) -> Any:
    """Maps as names and values in turn and sets as lists, as RESP2 has them."""
    if isinstance(reply, dict):
        return [_flat(each) for pair in reply.items() for each in pair]
    return [_flat(each) for each in reply] if isinstance(reply, (list, set)) else reply

"""What every handle is: one owner of something, which cannot be copied."""

from __future__ import annotations

from typing import Any, NoReturn


class Uncopied:
    """Refuses ``copy.copy``, ``copy.deepcopy`` and ``pickle``: a copy would be a second owner."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        # That of object makes one of pybind11's base class, which ends the process.
        self.__reduce_ex__(0)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        kind = type(self).__name__
        msg = f"a {kind} cannot be copied or pickled: it is the one owner of what it stands for"
        raise TypeError(msg)

    def __getstate__(self) -> NoReturn:
        # What object's and copyreg's ways of reducing ask for, where those above were not asked.
        self.__reduce_ex__(0)

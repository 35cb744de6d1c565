"""What all connections of client libraries to an instance have in common."""

from __future__ import annotations

from typing import Any


class OfInstance:
    """To be mixed into a library's class of connections."""

    is_kevys = True
    # Where a client-side cache looks before it says that it wants another server.
    host = "kevy"
    port = 0

    _instance: Any = None

    def __init__(self, instance: Any = None, **options: Any) -> None:
        if instance is not None:
            self._instance = instance
        options.setdefault("socket_timeout", None)
        super().__init__(**options)

    def repr_pieces(self) -> list[tuple[str, Any]]:
        return [("instance", self._instance), ("db", getattr(self, "db", 0))]

    def _host_error(self) -> str:
        return repr(self._instance)


class Blocking(OfInstance):
    """The same for the libraries' connections without asyncio."""

    def activate_maint_notifications_handling_if_enabled(self, *_: Any, **__: Any) -> None:
        """Nothing: no address of an instance is ever moved elsewhere."""


class Async(OfInstance):
    """The same for those with asyncio."""

    async def activate_maint_notifications_handling_if_enabled(self, *_: Any, **__: Any) -> None:
        """Nothing: no address of an instance is ever moved elsewhere."""

"""Pools of redis-py's and valkey-py's connections to an instance, without asyncio.

The libraries' own pools ask of each connection what can have happened to a socket meanwhile, which
takes several times as long as a command. Of a session with nothing left to be read they need not.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import threading
import weakref
from typing import Any

_pools: weakref.WeakSet[Any] = weakref.WeakSet()


def _renew_locks() -> None:
    for pool in list(_pools):
        pool._lock = None  # it makes one of its own


# The thread that held one of them is not in the child, where it would be held for ever.
os.register_at_fork(after_in_child=_renew_locks)


@functools.cache
def pool_class(library: str) -> Any:
    """The library's pool, of connections that are sessions in direct mode."""
    base: Any = importlib.import_module(library).ConnectionPool
    recorder: Any = None
    with contextlib.suppress(ImportError):  # else nothing is counted
        recorder = importlib.import_module(f"{library}.observability.recorder")

    class KevyConnectionPool(base):  # type: ignore[misc]
        """A pool of connections whose other end is an instance in this process."""

        def _goes_unseen(self) -> bool:
            """Whether nobody watches connections come and go, who is told by the library."""
            return (
                getattr(self, "cache", None) is None
                and getattr(recorder, "_metrics_collector", None) is None
                and self.connection_kwargs.get("credential_provider") is None
                and self.pid == os.getpid()
            )

        @property
        def _lock(self) -> Any:
            return self._reentrant

        @_lock.setter
        def _lock(self, _made: Any) -> None:
            # The collector may have a pipeline or pubsub give its connection back in the very midst
            # of what is done with the lock. The libraries' own was none for that, but of late.
            self._reentrant = threading.RLock()
            _pools.add(self)

        def get_connection(self, *args: Any, **options: Any) -> Any:
            if self._goes_unseen():
                with self._reentrant:
                    available = self._available_connections
                    connection = available.pop() if available else None
                    if connection is not None:
                        self._in_use_connections.add(connection)
                if connection is not None:
                    try:
                        if connection.is_as_new():
                            return connection
                    except BaseException:
                        super().release(connection)
                        raise
                    self._put_back(connection)
            return super().get_connection(*args, **options)

        def _put_back(self, connection: Any) -> None:
            with self._reentrant:
                if connection in self._in_use_connections:
                    self._in_use_connections.remove(connection)
                    self._available_connections.append(connection)

        def release(self, connection: Any) -> None:
            if self._goes_unseen() and connection in self._in_use_connections:
                if connection.is_as_new():
                    self._put_back(connection)
                    return
                if connection.is_spent():
                    connection.disconnect()
            super().release(connection)

    return KevyConnectionPool

"""Clients of other libraries on an instance of this process: redis-py's and valkey-py's own."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import threading
from typing import TYPE_CHECKING, Any

from libkevy import _client_connections, _client_pool, _client_sockets
from libkevy._waiting import is_patched_by_gevent
from libkevy.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

MODES = ("direct", "descriptor")

# What a client takes for itself; all else is its connections'.
_OF_CLIENT = ("single_connection_client", "auto_close_connection_pool")
# How a connection's bytes are read and written: none are, but over a descriptor.
_OF_BYTES = ("parser_class", "command_packer")


def client(
    instance: Any, library: str, mode: str | None, options: dict[str, Any], *, is_async: bool
) -> Any:
    """A client of a library, whose pool's connections are of the instance."""
    module = importlib.import_module(f"{library}.asyncio" if is_async else library)
    own = {name: options.pop(name) for name in _OF_CLIENT if name in options}
    mode = mode or _mode_for(options)
    kind = _class_of(library, mode, is_async)
    is_lean = mode == "direct" and not is_async
    pool_class = _client_pool.pool_class(library) if is_lean else module.ConnectionPool
    pool = pool_class(connection_class=kind, **_pool_options(instance, options))
    made = getattr(module, library.capitalize())(connection_pool=pool, **own)
    made.auto_close_connection_pool = True
    return made


def connection_class(instance: Any, library: str, mode: str | None, *, is_async: bool) -> Any:
    """A class of connections that are of the instance, for a pool of anyone's."""
    kind = _class_of(library, mode or _mode_for({}), is_async)
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, "_instance": instance})


def _class_of(library: str, mode: str, is_async: bool) -> Any:
    if mode not in MODES:
        msg = f"mode is {mode!r}; it may be 'direct' or 'descriptor'"
        raise InvalidError(msg)
    if mode == "direct":
        return _client_connections.direct(library, is_async)
    return _client_sockets.over_socket(library, is_async)


def _mode_for(options: dict[str, Any]) -> str:
    polls = is_patched_by_gevent() or any(options.get(name) for name in _OF_BYTES)
    return "descriptor" if polls else "direct"


def _pool_options(instance: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {"socket_timeout": None, **options, "instance": instance}


# ---- Instances by name -------------------------------------------------------------------------

_named: dict[tuple[int, str], Any] = {}  # by process and name: a child of fork() has its own
_naming = threading.Lock()


def _renew_lock() -> None:
    global _naming
    _naming = threading.Lock()


# The thread that held it is not in the child, where it would be held for ever.
os.register_at_fork(after_in_child=_renew_lock)


def instance_named(name: str) -> Any:
    """The instance of a name in this process, started when it is first asked for."""
    from libkevy._instance import start

    key = (os.getpid(), name)
    with _naming:
        found = _named.get(key)
        if found is None or found.stopped:
            found = _named[key] = start()
        return found


def from_url(url: str, **options: Any) -> Any:
    """A ``redis.Redis`` on the instance that ``kevy://name/database?option=value`` names.

    The instance is started when its name is first asked for, and shared by all who ask for it.
    """
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    if parts.scheme != "kevy" or not parts.netloc:
        msg = f"the URL {url!r} is not of the form kevy://name"
        raise InvalidError(msg)
    asked: dict[str, Any] = {name: _value(text) for name, text in parse_qsl(parts.query)}
    if parts.path.strip("/"):
        asked["db"] = int(parts.path.strip("/"))
    mode = options.pop("mode", asked.pop("mode", None))
    instance = instance_named(unquote(parts.netloc))
    return client(instance, "redis", mode, {**asked, **options}, is_async=False)


def _value(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.isdecimal() else text


# ---- Clients that know nothing of it -----------------------------------------------------------


@contextlib.contextmanager
def patch() -> Iterator[dict[str, Any]]:
    """Within the block every new client of redis-py's and valkey-py's is on an instance.

    ``redis.Redis(...)``, ``redis.from_url(...)`` and their like, with asyncio or without, anywhere
    in the process: one instance for each host and port, or path, with its databases. The block's
    target is a dict of the instances by address; all are stopped when it ends.
    """
    instances: dict[str, Any] = {}
    with contextlib.ExitStack() as undo:
        undo.callback(lambda: [instance.stop() for instance in instances.values()])
        for library in ("redis", "valkey"):
            with contextlib.suppress(ImportError):
                for is_async in (False, True):
                    _patch_pool(library, is_async, instances, undo)
        yield instances


def _patch_pool(library: str, is_async: bool, instances: dict[str, Any], undo: Any) -> None:
    package = f"{library}.asyncio" if is_async else library
    module = importlib.import_module(f"{package}.connection")
    pool, original = module.ConnectionPool, module.ConnectionPool.__init__

    @functools.wraps(original)
    def patched(self: Any, *args: Any, **options: Any) -> None:
        asked = args[0] if args else options.pop("connection_class", None)
        if getattr(asked, "is_kevys", False):
            original(self, asked, *args[1:], **options)
            return
        instance = _instance_at(_address(options), instances)
        is_its_own = asked is None or asked.__module__.startswith(f"{library}.")
        if is_its_own:
            mode = _mode_for(options)
            kind = _class_of(library, mode, is_async)
            if type(self) is pool and mode == "direct" and not is_async:
                self.__class__ = _client_pool.pool_class(library)
        else:  # of someone who knows what a connection is made of, such as kombu, which polls it
            kind = _client_sockets.over_socket_like(asked, is_async)
        kept = {name: value for name, value in options.items() if not _is_of_sockets(name)}
        if kept.get("socket_timeout") == getattr(module, "DEFAULT_SOCKET_TIMEOUT", None):
            kept["socket_timeout"] = None  # nobody has asked for it
        original(self, kind, *args[1:], **_pool_options(instance, kept))

    pool.__init__ = patched
    undo.callback(setattr, pool, "__init__", original)


def _is_of_sockets(option: str) -> bool:
    return option in _OF_SOCKETS or option.startswith("ssl_")


_OF_SOCKETS = (
    "host",
    "port",
    "path",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_keepalive_options",
    "socket_type",
    "ssl",
    "maint_notifications_config",
)


def _address(options: dict[str, Any]) -> str:
    if options.get("path"):
        return f"unix:{options['path']}"
    host = options.get("host") or "localhost"
    return f"{'localhost' if host == '127.0.0.1' else host}:{options.get('port') or 6379}"


def _instance_at(address: str, instances: dict[str, Any]) -> Any:
    from libkevy._instance import start

    with _naming:
        if address not in instances:
            instances[address] = start()
        return instances[address]

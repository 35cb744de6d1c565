"""Clients of other libraries on an instance of this process: redis-py's and valkey-py's own."""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
from typing import TYPE_CHECKING, Any

from libkevy._client_connections import async_connection_class, connection_class
from libkevy.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a client takes for itself; all else is its connections'.
_OF_CLIENT = ("single_connection_client", "auto_close_connection_pool")
_OF_POOL = ("max_connections",)


def client(instance: Any, library: str, kind: str, options: dict[str, Any]) -> Any:
    """A client of a library, whose pool's connections are sessions of the instance."""
    module = importlib.import_module(library)
    own = {name: options.pop(name) for name in _OF_CLIENT if name in options}
    pool = module.ConnectionPool(
        connection_class=connection_class(library), **_pool_options(instance, options)
    )
    made = getattr(module, kind)(connection_pool=pool, **own)
    made.auto_close_connection_pool = True
    return made


def async_client(instance: Any, library: str, kind: str, options: dict[str, Any]) -> Any:
    """The same for asyncio."""
    module = importlib.import_module(f"{library}.asyncio")
    own = {name: options.pop(name) for name in _OF_CLIENT if name in options}
    pool = module.ConnectionPool(
        connection_class=async_connection_class(library), **_pool_options(instance, options)
    )
    made = getattr(module, kind)(connection_pool=pool, **own)
    made.auto_close_connection_pool = True
    return made


def _pool_options(instance: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {"socket_timeout": None, **options, "instance": instance}


# ---- Instances by name -------------------------------------------------------------------------

_named: dict[str, Any] = {}
_naming = threading.Lock()


def instance_named(name: str) -> Any:
    """The instance of a name in this process, started when it is first asked for."""
    from libkevy._instance import start

    with _naming:
        found = _named.get(name)
        if found is None or found.stopped:
            found = _named[name] = start()
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
    return client(instance_named(unquote(parts.netloc)), "redis", "Redis", {**asked, **options})


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
                for package, chosen in (
                    (library, connection_class),
                    (f"{library}.asyncio", async_connection_class),
                ):
                    module = importlib.import_module(f"{package}.connection")
                    _patch_pool(module.ConnectionPool, chosen(library), instances, undo)
        yield instances


def _patch_pool(pool: Any, direct: Any, instances: dict[str, Any], undo: Any) -> None:
    original = pool.__init__

    @functools.wraps(original)
    def patched(self: Any, *args: Any, **options: Any) -> None:
        asked = args[0] if args else options.pop("connection_class", None)
        if asked is direct:
            original(self, direct, *args[1:], **options)
            return
        instance = _instance_at(_address(options), instances)
        kept = {name: value for name, value in options.items() if name not in _OF_SOCKETS}
        kept = {name: value for name, value in kept.items() if not name.startswith("ssl_")}
        original(self, direct, *args[1:], **_pool_options(instance, kept))

    pool.__init__ = patched
    undo.callback(setattr, pool, "__init__", original)


_OF_SOCKETS = (
    "host",
    "port",
    "path",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_keepalive_options",
    "socket_type",
    "socket_timeout",
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

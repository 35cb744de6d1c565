"""Instances: stores of one's own, inside this process."""

from __future__ import annotations

import atexit
import importlib
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Callable, Generic, Literal, overload

from libkevy import _options
from libkevy._builders import Builders
from libkevy._clock import Clock
from libkevy._commands import Commands, Iterators
from libkevy._door import InstanceHandle
from libkevy._made import MadeByInit, refuse_second_init
from libkevy._pipeline import Pipeline
from libkevy._session import Session
from libkevy._subscription import Message, Subscription, join_delivering
from libkevy._types import V, Word
from libkevy._uncopied import Uncopied
from libkevy._verbs import converted, may_wait
from libkevy._waiting import Turns
from libkevy.errors import ClosedError, Error, ForkedError, InvalidError

if TYPE_CHECKING:
    import os
    import socket
    import sys
    from types import TracebackType

    if sys.version_info >= (3, 11):
        from typing import Self
    else:
        from typing_extensions import Self

__all__ = ["Instance", "start"]

Mode = Literal["direct", "descriptor"]

# The most sessions that are kept for commands that will wait.
_IDLE_MAX = 64


class Instance(Uncopied, InstanceHandle, Commands[V], Iterators[V], Builders[V], Generic[V]):
    """A sharded store that answers commands as a Redis server would. Made by ``kevy.start``.

    ``execute`` runs any command; the everyday ones are methods, with the names, arguments and
    results of redis-py's.

    Any number of threads may use it. After ``fork()`` a child gets ``ForkedError`` for an inherited
    instance, and may start its own.
    """

    # Those in which commands wait, while none does.
    _sessions: deque[Session[V]] = MadeByInit()  # type: ignore[assignment]
    _turns: Turns = MadeByInit()  # type: ignore[assignment]

    def __init__(
        self,
        *,
        shards: int = 0,
        databases: int = 0,
        protocol: int = 0,
        threads: int = 0,
        decode: bool = False,
        directives: Iterable[tuple[str, str]] = (),
        listen: Iterable[str] = (),
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Use ``kevy.start``, which says what the options mean."""
        refuse_second_init(self)
        super().__init__(
            _options.whole("shards", shards),
            _options.whole("databases", databases),
            _options.whole("protocol", protocol),
            _options.whole("threads", threads),
            [word for pair in directives for word in pair],
            _options.flag("decode", decode),
            _options.addresses(listen),
            progress,
        )
        self._sessions = deque()
        self._turns = Turns()
        _live.add(self)

    _set = Commands.set  # for the door's own set, when it is called with options

    if TYPE_CHECKING:  # inherited, with the docstrings there
        get = Commands[V].get
        set = Commands[V].set  # type: ignore[assignment]

        def execute(self, /, *words: Word) -> Any: ...

    async def aexecute(self, /, *words: Word) -> Any:
        """Runs one command in a running asyncio event loop, which goes on while it waits.

        See ``Session.aexecute``.
        """
        if words and not may_wait(words[0]):  # it may act on a connection: on none that others get
            await self._turns.next()
            return self._command(*words)
        session = self._idle_session()
        try:
            reply = await session.aexecute(*words)
        except BaseException as error:
            self._give_back(session, error)
            raise
        self._give_back(session)
        return reply

    def _execute_in_session(self, *words: Word) -> Any:
        session = self._idle_session()
        try:
            reply = session._command(*words)
        except BaseException as error:
            self._give_back(session, error)
            raise
        self._give_back(session)
        return reply

    def _give_back(self, session: Session[V], error: BaseException | None = None) -> None:
        # Ctrl-C may have come anywhere: who knows what the session was about to do.
        if isinstance(error, ClosedError) or not (error is None or isinstance(error, Error)):
            session.close()
            return
        session._forget_outcome()
        self._sessions.append(session)
        while len(self._sessions) > _IDLE_MAX:
            try:
                idle = self._sessions.popleft()
            except IndexError:  # other threads were faster
                return
            idle.close()

    def _idle_session(self) -> Session[V]:
        while True:
            try:
                session = self._sessions.pop()
            except IndexError:
                return self.session()
            try:
                session._next(0)
            except Error:  # it was killed
                session.close()
            else:
                return session

    def get_many(self, keys: Iterable[Word]) -> list[V | None]:
        """The strings at ``keys``, in one atomic step; None for what is missing or no string."""
        wanted = tuple(keys)
        return self._get_many(wanted) if wanted else []

    def set_many(self, values: Mapping[Any, Word] | Iterable[tuple[Word, Word]]) -> None:
        """Stores strings at keys, all in one atomic step."""
        pairs = values.items() if isinstance(values, Mapping) else values
        words = tuple(word for key, value in pairs for word in (key, value))
        if words:
            self._set_many(words)

    def pipeline(self, *, atomic: bool = False) -> Pipeline:
        """An empty pipeline; with ``atomic`` it runs as one MULTI ... EXEC."""
        return Pipeline(self, atomic)

    def session(self) -> Session[V]:
        """A new session: what a connection is to a server."""
        return Session(self)

    def subscribe(
        self,
        *channels: Word,
        kind: Literal["channel", "pattern", "sharded"] = "channel",
        callback: Callable[[Message[V]], object] | None = None,
    ) -> Subscription[V]:
        """Subscribes to channels, patterns or sharded channels; live when it returns.

        The subscription is an iterator and an async iterator of messages. With ``callback`` a
        thread of the subscription's own gives them to that function instead; what it raises goes
        to ``sys.unraisablehook``, and the next message follows.
        """
        return Subscription(self, channels, kind, callback)

    def redis(self, *, mode: Mode | None = None, **options: Any) -> Any:
        """A ``redis.Redis`` on this instance, which takes the options of ``redis.Redis``.

        Its connections are sessions, without a socket, when ``mode`` is ``"direct"``; those of
        ``"descriptor"`` are sockets that are connected to the instance, for whoever polls them or
        brings a parser along. Without ``mode`` they are direct, unless gevent has patched the
        process or a ``parser_class`` is given.
        """
        return _clients().client(self, "redis", mode, options, is_async=False)

    def aioredis(self, *, mode: Mode | None = None, **options: Any) -> Any:
        """A ``redis.asyncio.Redis`` of the same kind."""
        return _clients().client(self, "redis", mode, options, is_async=True)

    def valkey(self, *, mode: Mode | None = None, **options: Any) -> Any:
        """A ``valkey.Valkey`` of the same kind."""
        return _clients().client(self, "valkey", mode, options, is_async=False)

    def aiovalkey(self, *, mode: Mode | None = None, **options: Any) -> Any:
        """A ``valkey.asyncio.Valkey`` of the same kind."""
        return _clients().client(self, "valkey", mode, options, is_async=True)

    @property
    def connection_class(self) -> Any:
        """What a ``redis.ConnectionPool`` takes as ``connection_class``."""
        return self.connection_class_for("redis")

    @property
    def async_connection_class(self) -> Any:
        """What a ``redis.asyncio.ConnectionPool`` takes as ``connection_class``."""
        return self.connection_class_for("redis", asyncio=True)

    def connection_class_for(
        self,
        library: Literal["redis", "valkey"],
        *,
        asyncio: bool = False,
        mode: Mode | None = None,
    ) -> Any:
        """What a ``ConnectionPool`` of redis-py or valkey-py takes as ``connection_class``.

        ``mode`` as in ``redis``. The class keeps the instance alive.
        """
        return _clients().connection_class(self, library, mode, is_async=asyncio)

    def connect(self) -> socket.socket:
        """A new socket that is connected to the instance and speaks RESP, without an address.

        For clients that want a descriptor. It is the caller's, blocking and without a timeout at
        first. As after ``listen``, short commands release the GIL from now on.
        """
        import socket

        return socket.socket(fileno=self._connect())

    def listen(self, address: str) -> str:
        """Lets clients connect, and gives the address with its real port.

        ``address`` is ``"host:port"`` (``"[::1]:6379"`` for IPv6, ``"*"`` as the host for every
        interface, port 0 for a free one) or ``"unix:/path"``. May be called several times. From
        now on short commands release the GIL too, since a client may hold what they need.
        """
        (address,) = _options.addresses([address])
        self._listen(address)
        return self.addresses[-1]

    @property
    def addresses(self) -> list[str]:
        """Where the instance listens, in the order the addresses were given."""
        found: list[str] = []
        while (address := self._address(len(found))) is not None:
            found.append(address)
        return found

    def save(self) -> None:
        """SAVE: writes the file that the instance reads at its start.

        It is ``dbfilename`` in ``dir``, with which the instance has to be started. Other commands
        wait meanwhile; ``execute("BGSAVE")`` has none wait.
        """
        self._save()

    def backup(
        self, path: str | os.PathLike[str], progress: Callable[[int, int], object] | None = None
    ) -> None:
        """Writes all data as they are at this moment to an RDB file, while commands go on.

        It takes the place of what is at ``path`` once it is on disk; whatever fails, that stays as
        it was. ``progress`` is called with the number of keys that are done, and of all; what it
        raises ends the backup.
        """
        self._backup(_options.path("path", path), progress)

    def load(
        self, path: str | os.PathLike[str], progress: Callable[[int, int], object] | None = None
    ) -> None:
        """Has what is in an RDB file take the place of all data and functions, in one step.

        A file that is damaged is an ``InvalidError`` that names the byte; whatever fails, the data
        stay as they were. ``progress`` is called with the bytes that are read, and how many there
        are; what it raises ends the loading.
        """
        self._load(_options.path("path", path), progress)

    @property
    def clock(self) -> Clock:
        """The instance's clock, which tests can freeze and move on."""
        return Clock(self)

    def stop(self) -> None:
        """Stops the instance and frees its data. May be called again.

        Waits for commands that other threads run on it. Its sessions and subscriptions end: those
        who wait on them get ``ClosedError``, iterations end. With ``save`` rules it writes what has
        changed; ``HostError`` says that this could not be done, and the instance is stopped.
        """
        try:
            self._stop()
        finally:
            self._sessions.clear()

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return not self._is_open()

    def __enter__(self) -> Self:
        """The instance itself; it is stopped when the block ends."""
        if self.stopped:
            msg = "the instance was stopped"
            raise ClosedError(msg)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        try:
            state = "stopped" if self.stopped else ", ".join(self.addresses) or "in process"
        except ClosedError:  # meanwhile, by another thread
            state = "stopped"
        except ForkedError:
            state = "of the parent process"
        except TypeError:  # its __init__ was not called, or has failed
            state = "not started"
        return f"<libkevy.Instance {state}>"

    def _converted(self, convert: Callable[[Any], Any], *words: Word) -> Any:
        return converted(convert, self._command(*words))


@overload
def start(
    *,
    shards: int = ...,
    databases: int = ...,
    protocol: int = ...,
    threads: int = ...,
    listen: str | Iterable[str] = ...,
    progress: Callable[[int, int], object] | None = ...,
    decode: Literal[False] = ...,
    directives: Mapping[str, Word] | None = ...,
    **more_directives: Word | os.PathLike[str],
) -> Instance[bytes]: ...


@overload
def start(
    *,
    shards: int = ...,
    databases: int = ...,
    protocol: int = ...,
    threads: int = ...,
    listen: str | Iterable[str] = ...,
    progress: Callable[[int, int], object] | None = ...,
    decode: Literal[True],
    directives: Mapping[str, Word] | None = ...,
    **more_directives: Word | os.PathLike[str],
) -> Instance[str]: ...


def start(
    *,
    shards: int = 0,
    databases: int = 0,
    protocol: int = 0,
    threads: int = 0,
    listen: str | Iterable[str] = (),
    progress: Callable[[int, int], object] | None = None,
    decode: bool = False,
    directives: Mapping[str, Word] | None = None,
    **more_directives: Word | os.PathLike[str],
) -> Instance[bytes] | Instance[str]:
    """Starts an instance with its own data: none, or what it has kept in ``dir`` before.

    ``shards``: 1 to 4096; 0 takes what suits the machine. No reply depends on it.
    ``databases``: how many SELECT can choose from; 0 means 16.
    ``protocol``: 2 or 3, the RESP version whose shapes replies have; 0 means 2.
    ``threads``: reactor threads that ``listen`` starts; 0 means one a core.
    ``listen``: an address, or several, as ``Instance.listen`` takes them. Whoever connects while
    files are read is answered LOADING.
    ``progress``: called with the bytes of files that are read, and how many there are; what it
    raises ends the start.
    ``decode``: whether strings come back as str, read as UTF-8, instead of bytes.
    ``directives``, or further keywords: settings as in redis.conf; an underscore in a keyword
    stands for a hyphen, and True and False for yes and no (``maxclients=100``). Files are read and
    written with ``dir``, a path, alone; ``appendonly`` keeps every change there, synced as
    ``appendfsync`` says: ``"always"``, ``"everysec"`` or ``"no"``. A file that is damaged is an
    ``InvalidError`` that says where; what the system refuses, and an append-only file that another
    instance has, a ``HostError``.

    Use it as a context manager, or call ``stop``; an instance that is no longer referenced is
    stopped, too.
    """
    settings = _options.directives_of(directives, more_directives)
    try:
        instance: Instance[Any] = Instance(
            shards=shards,
            databases=databases,
            protocol=protocol,
            threads=threads,
            decode=decode,
            directives=settings,
            listen=_options.addresses(listen),
            progress=progress,
        )
    except InvalidError as error:
        raise _options.explained(error, _known_directives() if settings else ()) from None
    return instance


def _known_directives() -> list[str]:
    with Instance[str](shards=1, decode=True) as instance:
        names: list[str] = instance.execute("CONFIG", "GET", "*")[::2]
        return names


def _clients() -> Any:
    """The module of other libraries' clients, which is imported when one is first wanted."""
    return importlib.import_module("libkevy._clients")


_live: weakref.WeakSet[Instance[Any]] = weakref.WeakSet()


@atexit.register
def _stop_all() -> None:
    # Threads that wait in kevy have to be back in Python before the interpreter goes.
    for instance in list(_live):
        instance.stop()
    join_delivering(timeout=1.0)

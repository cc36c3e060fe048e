"""The conversations with pages around `session`: sockets behind the doors, and threads for what waits on cards or people."""

import asyncio
import contextlib
import functools
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from bridge.admission import Admission
from bridge.blobs import BlobSpace
from bridge.desk import Caller
from bridge.doors import Doors
from bridge.entrance import Entrance
from bridge.errors import ChannelFailed, PliError
from bridge.guest import MAX_WRITTEN, Guest
from bridge.journal import log
from bridge.pairing import browser_name
from bridge.protocol import MAX_FRAME, RpcError
from bridge.secure_channel import SEAL_BYTES, SecureChannel
from bridge.session import Close, Effect, Invoke, Reply, Session

_THREADS = 32
_THREADS_OF_ORIGIN = 12  # a page that lets its calls wait for a person leaves room for others
_LINGER_SECONDS = 30  # a reload keeps its mailboxes; a page that stays away loses them


Then = Callable[[Any, RpcError | None], None]  # told the result, or why there is none


class Service(Protocol):
    """What answers the methods (bridge.methods)."""

    def is_swift(self, method: str) -> bool:
        """Whether `begin` answers it, on the loop; `handle` does otherwise, in a thread."""

    def begin(self, caller: Caller, method: str, params: dict[str, Any], then: Then) -> None:
        """Never waits: `then` is called on the loop, once."""

    def handle(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        """The result, or an exception (RpcError as it is, anything else as INTERNAL_ERROR). May wait for cards and people."""

    def forget_origin(self, origin: str) -> None:
        """No page of this origin is connected any more."""

    def notification(self, origin: str, event: "Event") -> tuple[str, dict[str, Any]] | None:
        """An event as this origin may see it."""


class Event(Protocol):
    """Something pages are told."""

    @property
    def subscribers_only(self) -> bool:
        """Whether only sockets that called `card.subscribe` are told."""


class Connection:
    """One socket of a page."""

    def __init__(
        self, connection: Guest, caller: Caller, channel: SecureChannel, service: Service, space: BlobSpace
    ) -> None:
        self.socket = connection
        self.caller = caller
        self.channel = channel
        self.service = service
        self.session = Session(space)
        self.subscribed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the conversation; kept until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def is_clear(self) -> bool:
        """Whether what was said before is on its way."""
        return self.socket.is_clear and not self._sending.locked()

    async def catch_up(self) -> None:
        """Return once all that was said before is on its way."""
        async with self._sending:
            return

    def send_at_once(self, message: bytes) -> bool:
        """As `send`, in this very turn of the loop. False, and nothing is sent, where that might need a wait."""
        if not self.is_clear or len(message) + SEAL_BYTES > MAX_WRITTEN:
            return False
        self.socket.write_frame(self.channel.seal(message))
        return True

    async def send(self, message: bytes) -> None:
        """One message, sealed; a large one in frames of at most MAX_FRAME."""
        async with self._sending:  # sealed in the order of sending, or the page would not open it
            frame = self.channel.seal(message)
            parts = [frame[start : start + MAX_FRAME] for start in range(0, len(frame), MAX_FRAME)]
            await self.socket.send(parts[0] if len(parts) == 1 else parts)


class Listener:
    """Accepts pages on the first free port of both loopback addresses."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._entrance = Entrance(doors, self._converse)
        self._connections: set[Connection] = set()
        self._room: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_THREADS_OF_ORIGIN))
        self._space: dict[str, BlobSpace] = defaultdict(BlobSpace)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="call")
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[tuple[Service, Admission]] = self._loop.create_future()
        self.port = 0

    async def start(self, ports: Sequence[int]) -> None:
        """Listen. Who is let in waits until `serve`. Raises OSError when all ports are taken."""
        self.port = await self._entrance.start(ports)

    def serve(self, service: Service, admission: Admission) -> None:
        """From now on pages are answered."""
        self._opened.set_result((service, admission))

    async def stop(self) -> None:
        """Listen no more, and take every question to a person away. May be called twice."""
        for connection in self._connections:
            connection.caller.cancelled.set()
        await self._entrance.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def announce(self, event: Event) -> None:
        """Tell the pages; may be called from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, event)

    def hang_up(self, origin: str) -> None:
        """Close the sockets of an origin that may no longer speak; may be called from any thread."""
        self._loop.call_soon_threadsafe(self._hang_up, origin)

    def _hang_up(self, origin: str) -> None:
        for connection in [one for one in self._connections if one.caller.origin == origin]:
            connection.do(connection.socket.close(1008))

    # ---- conversation

    async def _converse(self, socket: Guest) -> None:
        origin = await self._origin_of(socket)
        if origin is None:
            return
        self._doors.entered(origin)
        try:
            with contextlib.suppress(ConnectionClosed):
                await self._admit(socket, Caller(origin))
        finally:
            self._doors.left(origin)

    async def _origin_of(self, socket: Guest) -> str | None:
        """The origin a socket speaks for: the one its browser sent, or the one a room of the bridge vouches for."""
        assert socket.request is not None  # noqa: S101 (the handshake is over)
        room = self._doors.room_of(socket.request)
        return socket.request.headers["Origin"] if room is None else await room.converse(socket)

    async def _admit(self, socket: Guest, caller: Caller) -> None:
        service, admission = await asyncio.shield(self._opened)
        label = browser_name(socket.request.headers.get("User-Agent", "")) if socket.request else ""
        if channel := await admission.admit(socket, caller, label):
            await self._serve(Connection(socket, caller, channel, service, self._space[caller.origin]))

    async def _serve(self, connection: Connection) -> None:
        self._connections.add(connection)
        try:
            while True:
                await connection.catch_up()  # a page that does not read its answers is not heard meanwhile
                frame = await self._hear(connection)
                await self._apply(connection, connection.session.receive(connection.channel.open(frame)))
        except ChannelFailed:
            await connection.socket.close(1008)
        finally:
            self._leave(connection)

    async def _hear(self, connection: Connection) -> bytes | str:
        """The next frame that `_take` did not. It takes none while anything else is waited for: those that are queued come first."""
        connection.socket.take = functools.partial(self._take, connection)
        try:
            return await connection.socket.recv()
        finally:
            connection.socket.take = None

    def _take(self, connection: Connection, frame: bytes) -> bool:
        """A frame that comes while nothing waits to be sent needs no turn of the loop of its own."""
        if not connection.is_clear:
            return False
        try:
            message = connection.channel.open(frame)
        except ChannelFailed:
            return False  # nor will it open for `_serve`
        self._apply_at_once(connection, connection.session.receive(message))
        return True

    def _apply_at_once(self, connection: Connection, effects: list[Effect]) -> None:
        for position, effect in enumerate(effects):
            match effect:
                case Invoke(_, method) if connection.service.is_swift(method):
                    self._begin(connection, effect)
                case Reply(frame) if connection.send_at_once(frame):
                    pass
                case _:
                    connection.do(self._tell(connection, effects[position:]))
                    return

    def _begin(self, connection: Connection, call: Invoke) -> None:
        then = functools.partial(self._answered, connection, call)
        connection.service.begin(connection.caller, call.method, call.params, then)

    async def _apply(self, connection: Connection, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Reply(frame):
                    await connection.send(frame)
                case Close(status):
                    await connection.socket.close(status)
                case Invoke(_, method) if connection.service.is_swift(method):
                    self._begin(connection, effect)
                case Invoke():
                    connection.do(self._run(connection, effect))

    def _answered(self, connection: Connection, call: Invoke, result: Any, error: RpcError | None) -> None:
        """A swift method's end."""
        if error is None:
            effects = connection.session.complete(call.call, result)
        else:
            effects = connection.session.fail(call.call, error)
        try:
            self._apply_at_once(connection, effects)
        except ChannelFailed:
            return  # a frame did not open meanwhile: `_serve` is about to hang up

    async def _run(self, connection: Connection, call: Invoke) -> None:
        if call.method == "card.subscribe":
            connection.subscribed = True
        try:
            result = await self._result(connection, call.method, call.params)
            effects = connection.session.complete(call.call, result)
        except RpcError as error:
            effects = connection.session.fail(call.call, error)
        except Exception as error:  # noqa: BLE001 (a page gets an answer always)
            code = error.code if isinstance(error, PliError) else type(error).__name__
            log.error("%s: unexpected %s", call.method, code)
            log.debug("where", exc_info=error)
            effects = connection.session.fail(call.call, RpcError("INTERNAL_ERROR"))
        await self._tell(connection, effects)

    async def _tell(self, connection: Connection, effects: list[Effect]) -> None:
        with contextlib.suppress(ConnectionClosed, ChannelFailed):
            await self._apply(connection, effects)

    async def _result(self, connection: Connection, method: str, params: dict[str, Any]) -> Any:
        caller = connection.caller
        async with self._room[caller.origin]:
            return await self._loop.run_in_executor(self._pool, connection.service.handle, caller, method, params)

    def _leave(self, connection: Connection) -> None:
        connection.caller.cancelled.set()
        connection.session.close()
        self._connections.discard(connection)
        self._loop.call_later(_LINGER_SECONDS, self._forget_if_gone, connection)

    def _forget_if_gone(self, left: Connection) -> None:
        if all(connection.caller.origin != left.caller.origin for connection in self._connections):
            self._pool.submit(left.service.forget_origin, left.caller.origin)

    def _spread(self, event: Event) -> None:
        for connection in list(self._connections):
            if event.subscribers_only and not connection.subscribed:
                continue
            told = connection.service.notification(connection.caller.origin, event)
            if told is not None:
                connection.do(self._tell(connection, connection.session.notify(*told)))

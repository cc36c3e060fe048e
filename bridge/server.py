"""The loopback listener around `session`: the doors, the sockets, and threads for what waits on cards or people."""

import asyncio
import errno
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bridge.desk import Caller
from bridge.errors import PliError
from bridge.journal import log
from bridge.origins import Origins, host_is_ours
from bridge.peers import is_foreign
from bridge.protocol import MAX_FRAME, PORTS, SUBPROTOCOL, RpcError
from bridge.session import Close, Effect, Invoke, Reply, Session

_THREADS = 32
_LINGER_SECONDS = 30  # a reload keeps its mailboxes; a page that stays away loses them
_SILENT = logging.getLogger("pli.websockets")
_SILENT.setLevel(logging.CRITICAL + 1)  # refused handshakes are not news, and must not log what a stranger sent


class Service(Protocol):
    """What answers the methods (bridge.methods)."""

    def is_swift(self, method: str) -> bool:
        """Whether `answer` answers it, on the loop; `handle` does otherwise, in a thread."""

    async def answer(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        """The result, or an exception (RpcError as it is, anything else as INTERNAL_ERROR)."""

    def handle(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        """As `answer`, for what may wait for cards and people."""

    def forget_origin(self, origin: str) -> None:
        """No page of this origin is connected any more."""

    def notification(self, origin: str, event: "Event") -> tuple[str, dict[str, Any]] | None:
        """An event as this origin may see it."""


class Event(Protocol):
    """Something pages are told."""

    @property
    def subscribers_only(self) -> bool:
        """Whether only sockets that called `card.subscribe` are told."""


class OwnPages(Protocol):
    """Pages the bridge serves on its own origin (bridge.table)."""

    def page(self, path: str) -> Response | None:
        """The response to a GET, or None."""

    def admits(self, path: str, request: Request) -> bool:
        """Whether this is the page's own socket."""

    async def converse(self, connection: ServerConnection) -> None:
        """Serve that socket."""


class Connection:
    """One socket of a page."""

    def __init__(self, connection: ServerConnection, origin: str) -> None:
        self.socket = connection
        self.caller = Caller(origin)
        self.session = Session()
        self.subscribed = False
        self.tasks: set[asyncio.Task[None]] = set()

    async def send(self, frame: bytes) -> None:
        """One message; a large one in frames of at most MAX_FRAME."""
        parts = [frame[start : start + MAX_FRAME] for start in range(0, len(frame), MAX_FRAME)]
        await self.socket.send(parts[0] if len(parts) == 1 else parts)


class Listener:
    """Accepts pages on the first free port of both loopback addresses."""

    def __init__(self, service: Service, origins: Origins, pages: OwnPages | None = None) -> None:
        self._service = service
        self._origins = origins
        self._pages = pages
        self._connections: set[Connection] = set()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="call")
        self._servers: list[Server] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port = 0

    async def start(self) -> None:
        """Raises OSError when all ports are taken."""
        self._loop = asyncio.get_running_loop()
        sockets = first_free_port()
        self.port = sockets[0].getsockname()[1]
        for bound in sockets:
            self._servers.append(
                await serve(
                    self._converse,
                    sock=bound,
                    process_request=self._door,
                    process_response=_only_success,
                    select_subprotocol=_offered,  # type: ignore[arg-type]
                    compression=None,
                    max_size=MAX_FRAME,
                    server_header=None,
                    logger=_SILENT,
                    close_timeout=1,
                )
            )

    async def stop(self) -> None:
        for connection in self._connections:
            connection.caller.cancelled.set()
        for server in self._servers:
            server.close()
            await server.wait_closed()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def announce(self, event: Event) -> None:
        """Tell the pages; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, event)

    # ---- doors

    def _door(self, connection: ServerConnection, request: Request) -> Response | None:
        if not host_is_ours(request.headers.get_all("Host"), self.port) or is_foreign(*connection.remote_address[:2]):
            return refusal()
        if self._pages is not None and (page := self._pages.page(request.path)):
            return page
        return None if self._admits(request) or self._is_own_page(request) else refusal()

    def _admits(self, request: Request) -> bool:
        subprotocols = request.headers.get_all("Sec-WebSocket-Protocol")
        origins = request.headers.get_all("Origin")
        return request.path == "/" and subprotocols == [SUBPROTOCOL] and self._origins.admits(origins)

    def _is_own_page(self, request: Request) -> bool:
        return self._pages is not None and self._pages.admits(request.path, request)

    # ---- conversation

    async def _converse(self, socket: ServerConnection) -> None:
        assert socket.request is not None  # noqa: S101 (the handshake is over)
        if self._pages is not None and socket.request.path != "/":
            await self._pages.converse(socket)
            return
        connection = Connection(socket, socket.request.headers["Origin"])
        self._connections.add(connection)
        try:
            async for frame in socket:
                await self._apply(connection, connection.session.receive(frame))
        except ConnectionClosed:
            log.debug("a page left without closing")
        finally:
            self._leave(connection)

    async def _apply(self, connection: Connection, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Reply(frame):
                    await connection.send(frame)
                case Close(status):
                    await connection.socket.close(status)
                case Invoke():
                    task = asyncio.create_task(self._run(connection, effect))
                    connection.tasks.add(task)
                    task.add_done_callback(connection.tasks.discard)

    async def _run(self, connection: Connection, call: Invoke) -> None:
        if call.method == "card.subscribe":
            connection.subscribed = True
        try:
            result = await self._result(connection.caller, call.method, call.params)
            effects = connection.session.complete(call.call, result)
        except RpcError as error:
            effects = connection.session.fail(call.call, error)
        except Exception as error:  # noqa: BLE001 (a page gets an answer always)
            code = error.code if isinstance(error, PliError) else type(error).__name__
            log.error("%s: unexpected %s", call.method, code)
            log.debug("where", exc_info=error)
            effects = connection.session.fail(call.call, RpcError("INTERNAL_ERROR"))
        try:
            await self._apply(connection, effects)
        except ConnectionClosed:
            return

    async def _result(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        if self._service.is_swift(method):
            return await self._service.answer(caller, method, params)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._service.handle, caller, method, params)

    def _leave(self, connection: Connection) -> None:
        connection.caller.cancelled.set()
        self._connections.discard(connection)
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._forget_if_gone, connection.caller.origin)

    def _forget_if_gone(self, origin: str) -> None:
        if all(connection.caller.origin != origin for connection in self._connections):
            self._pool.submit(self._service.forget_origin, origin)

    def _spread(self, event: Event) -> None:
        for connection in list(self._connections):
            if event.subscribers_only and not connection.subscribed:
                continue
            told = self._service.notification(connection.caller.origin, event)
            if told is not None:
                task = asyncio.ensure_future(self._notify(connection, *told))
                connection.tasks.add(task)
                task.add_done_callback(connection.tasks.discard)

    async def _notify(self, connection: Connection, method: str, params: dict[str, Any]) -> None:
        try:
            await self._apply(connection, connection.session.notify(method, params))
        except ConnectionClosed:
            return


def refusal() -> Response:
    """The one answer to every refused caller: nothing tells a stranger why, or even that this is Pli."""
    return Response(404, "Not Found", Headers([("Content-Length", "0"), ("Connection", "close")]), b"")


def _only_success(_connection: ServerConnection, _request: Request, response: Response) -> Response | None:
    """A handshake that fails for a reason of the protocol's own is refused like any other."""
    own = response.status_code in {101, 404} or "Content-Security-Policy" in response.headers
    return None if own else refusal()


def _offered(_connection: ServerConnection, offered: list[str]) -> str | None:
    return offered[0] if offered else None


def first_free_port() -> list[socket.socket]:
    """Bound sockets on 127.0.0.1 and, where the machine has it, ::1. Raises OSError when all ports are taken."""
    for port in PORTS:
        try:
            return _bind_both(port)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
    raise OSError(errno.EADDRINUSE, "all ports of the bridge are taken")


def _bind_both(port: int) -> list[socket.socket]:
    bound = [_bind(socket.AF_INET, "127.0.0.1", port)]
    try:
        bound.append(_bind(socket.AF_INET6, "::1", port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            bound[0].close()
            raise
    return bound


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(100)
    except OSError:
        made.close()
        raise
    return made

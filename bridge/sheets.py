"""The recovery sheet: a page of the bridge's own that shows a new recovery code once, and checks that it was written down.

The page at `http://127.0.0.1:PORT/sheet` is static; the ticket in its fragment, good once, opens its socket from that origin only.
The webmail page gets the address of this window and never the code (docs/PROTOCOL.md, *The recovery sheet*).
"""

import asyncio
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bridge.cms.recovery_code import groups, qr_text, same_group
from bridge.own_pages import own_page
from bridge.protocol import RpcError

SUBPROTOCOL = "pli-sheet.1"
PATH = "/sheet"
_SOCKET_PATH = "/sheet/socket"
_FILES: Mapping[str, tuple[str, str]] = {
    PATH: ("sheet.html", "text/html; charset=utf-8"),
    "/sheet/sheet.css": ("sheet.css", "text/css; charset=utf-8"),
    "/sheet/sheet.js": ("sheet.js", "text/javascript; charset=utf-8"),
    "/sheet/sheet-words.js": ("sheet-words.js", "text/javascript; charset=utf-8"),
}
_ASKED = 2
_OPEN_SECONDS = 600.0  # from the making of the code to the opening of its page
_LIFE_SECONDS = 1800.0  # a printer may have to be found
_TICKET_SECONDS = 10.0
_LOOK_SECONDS = 0.15

State = Literal["made", "shown", "checked", "done", "over"]


@dataclass
class Sheet:
    """One code on its way to paper. `groups` is emptied as soon as the code was checked, or the page is gone."""

    handle: str
    address: str
    holder_key: bytes
    login_key: bytes
    groups: list[str] = field(repr=False)
    id: str = field(default_factory=lambda: "s_" + secrets.token_hex(16))
    ticket: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    asked: list[int] = field(default_factory=list)
    state: State = "made"
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.asked = sorted(secrets.SystemRandom().sample(range(len(self.groups)), _ASKED))

    def check(self, typed: Any) -> bool:
        """Whether the groups asked for were typed back; then the code is forgotten here."""
        texts = [one for one in typed if isinstance(one, str)] if isinstance(typed, list) else []
        pairs = zip(texts, self.asked, strict=False)
        right = len(texts) == len(self.asked) and all(same_group(text, self.groups[place]) for text, place in pairs)
        if right:
            self.end("checked")
        return right

    def end(self, state: State) -> None:
        """The code is not shown any more."""
        self.groups.clear()
        self.state = state

    @property
    def has_expired(self) -> bool:
        age = time.monotonic() - self.began
        return age > _LIFE_SECONDS or (self.state == "made" and age > _OPEN_SECONDS)

    def describe(self) -> dict[str, Any]:
        """What the page shows."""
        size, drawn = _qr(qr_text("".join(self.groups)))
        return {"address": self.address, "groups": self.groups, "asked": self.asked, "size": size, "drawn": drawn}


class Sheets:
    """The sheets under way, at most one per mailbox, and their page: a room of the bridge."""

    def __init__(self) -> None:
        self._port = 0
        self._sheets: dict[str, Sheet] = {}
        self._lock = threading.Lock()

    # ---- for the verbs

    def begin(self, handle: str, address: str, code: str, holder_key: bytes, login_key: bytes) -> Sheet:
        """A sheet for a code; one that the same mailbox began before is over."""
        sheet = Sheet(handle, address, holder_key, login_key, groups(code))
        self.forget(handle)
        with self._lock:
            self._sheets[sheet.id] = sheet
        return sheet

    def url(self, sheet: Sheet) -> str:
        """Where to open it; the fragment reaches neither a request nor a log."""
        return f"http://127.0.0.1:{self._port}{PATH}#{sheet.ticket}"

    def wait_until_checked(self, handle: str, sheet_id: str, cancelled: threading.Event) -> Sheet:
        """The sheet, once its groups were typed back. Raises RpcError HANDLE_UNKNOWN, USER_CANCELLED, PIN_TIMEOUT."""
        sheet = self._of(handle, sheet_id)
        while sheet.state != "checked":
            if sheet.state == "over" or cancelled.wait(_LOOK_SECONDS):
                self.forget(handle)
                raise RpcError("USER_CANCELLED")
            if sheet.has_expired:
                self.forget(handle)
                raise RpcError("PIN_TIMEOUT")
        return sheet

    def drop(self, handle: str, sheet_id: str) -> None:
        """The person gave it up; one that was checked is being signed, and asked about. Raises RpcError HANDLE_UNKNOWN."""
        if self._of(handle, sheet_id).state != "checked":
            self.forget(handle)

    def finish(self, sheet: Sheet, *, done: bool) -> None:
        """The act is signed, or is not: the page says which."""
        sheet.end("done" if done else "over")
        with self._lock:
            self._sheets.pop(sheet.id, None)

    def forget(self, handle: str) -> None:
        """A mailbox ended, or begins another sheet."""
        with self._lock:
            ended = [sheet for sheet in self._sheets.values() if sheet.handle == handle]
            for sheet in ended:
                sheet.end("over")
                del self._sheets[sheet.id]

    def _of(self, handle: str, sheet_id: str) -> Sheet:
        sheet = self._sheets.get(sheet_id)
        if sheet is None or sheet.handle != handle:
            raise RpcError("HANDLE_UNKNOWN")
        return sheet

    # ---- the page

    def attach(self, port: int) -> None:
        self._port = port

    def page(self, path: str) -> Response | None:
        if path not in _FILES:
            return None
        name, content_type = _FILES[path]
        return own_page(content_type, (resources.files("bridge") / "pages" / name).read_bytes(), self._port)

    def admits(self, path: str, request: Request) -> bool:
        own = f"http://127.0.0.1:{self._port}"
        subprotocols = request.headers.get_all("Sec-WebSocket-Protocol")
        return path == _SOCKET_PATH and request.headers.get_all("Origin") == [own] and subprotocols == [SUBPROTOCOL]

    async def converse(self, connection: ServerConnection) -> None:
        """Ticket first; then the code is shown, what is typed back is judged, and the end is told."""
        try:
            async with asyncio.timeout(_TICKET_SECONDS):
                sheet = self._take(_read(await connection.recv()).get("ticket"))
        except (TimeoutError, ConnectionClosed):
            sheet = None
        if sheet is None:
            await connection.close(1008)
            return
        telling = asyncio.create_task(_tell(connection, sheet))
        try:
            await connection.send(json.dumps({"sheet": sheet.describe()}))
            async for frame in connection:
                if sheet.state == "shown":
                    await connection.send(json.dumps({"checked": sheet.check(_read(frame).get("typed"))}))
        except ConnectionClosed:
            return
        finally:
            telling.cancel()
            if sheet.state == "shown":
                sheet.end("over")

    def _take(self, ticket: Any) -> Sheet | None:
        """The sheet of a ticket that was not used before; from now on it is."""
        for sheet in list(self._sheets.values()):
            fits = isinstance(ticket, str) and hmac.compare_digest(
                sheet.ticket.encode(), ticket.encode("utf-8", "replace")
            )
            if fits and sheet.state == "made" and not sheet.has_expired:
                sheet.state = "shown"
                return sheet
        return None


async def _tell(connection: ServerConnection, sheet: Sheet) -> None:
    """Say how it ended."""
    while sheet.state not in ("done", "over"):  # noqa: ASYNC110 (threads change it)
        await asyncio.sleep(_LOOK_SECONDS)
    await connection.send(json.dumps({"end": sheet.state}))


def _qr(text: str) -> tuple[int, str]:
    """The width in modules, and the dark ones as the data of one SVG path (ISO/IEC 18004, level Q: paper gets stains)."""
    import segno

    matrix = segno.make(text, error="q", micro=False).matrix
    return len(matrix), "".join(_runs(matrix))


def _runs(matrix: Any) -> Iterator[str]:
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                yield f"M{x} {y}h1v1h-1z"


def _read(frame: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

"""The card table: a demo-only page of the bridge, on its own origin, where software cards are inserted and pulled, where
PINs are typed, and where every mishap of a real desk can be played (DESIGN §10). Real cards use the prompt program.

The page at `http://127.0.0.1:PORT/table` is static. Its socket is admitted from that origin only, and only with the token
printed at start-up; each use of a token yields the next, so that a reload works and a copied address does not.
"""

import asyncio
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bridge.card.errors import CardError
from bridge.control import CommandRefused
from bridge.own_pages import own_page
from bridge.prompts.outcomes import outcome_text
from bridge.prompts.pin import Pin
from bridge.prompts.requests import ConsentRequest, PinRequest, Purpose
from bridge.prompts.wording import Wording
from bridge.protocol import RpcError
from bridge.table_cards import TableCards

SUBPROTOCOL = "pli-table.1"
_SOCKET_PATH = "/table/socket"
_FILES: Mapping[str, tuple[str, str]] = {
    "/table": ("table.html", "text/html; charset=utf-8"),
    "/table/table.css": ("table.css", "text/css; charset=utf-8"),
    "/table/table.js": ("table.js", "text/javascript; charset=utf-8"),
    "/table/table-cards.js": ("table-cards.js", "text/javascript; charset=utf-8"),
    "/table/table-prompts.js": ("table-prompts.js", "text/javascript; charset=utf-8"),
    "/table/table-words.js": ("table-words.js", "text/javascript; charset=utf-8"),
}
_LOOK_SECONDS = 0.15
_ROOM = 64 * 1024  # a page shows a whole list
_TOKEN_SECONDS = 10.0


@dataclass
class PendingPrompt:
    """A question on the table. `answer` is None for "no"."""

    id: str
    kind: str
    origin: str
    label: str
    purpose: Purpose
    reader: str = ""
    serial: str = ""
    tries: int | None = None
    error: str = ""
    answer: Pin | None = field(default=None, repr=False)
    answered: threading.Event = field(default_factory=threading.Event, repr=False)

    def describe(self, words: Mapping[str, Wording]) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("id", "kind", "origin", "label", "reader", "serial", "tries")}
        said = {language: wording.purpose(self.purpose, _ROOM) for language, wording in words.items()}
        errors = {language: wording[self.error] if self.error else "" for language, wording in words.items()}
        digits = dict(self.purpose.values).get("digits", "")
        return shown | {"purpose": said, "error": errors, "digits": digits}


class CardTable:
    """The table as a `Prompter`, and as pages of the listener."""

    def __init__(self, cards: Path | None, wording: Wording, seconds: int) -> None:
        self._cards = TableCards(cards)
        self._language = wording.language
        self._words = {language: Wording(language) for language in ("fr", "en")}
        self._seconds = seconds
        self._token = secrets.token_urlsafe(24)
        self._pending: dict[str, PendingPrompt] = {}
        self._port = 0
        self._act_natively: Callable[[str, str], str] | None = None
        self._outcomes: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where to open the table; the fragment never reaches a server or a log."""
        return f"http://127.0.0.1:{self._port}/table#{self._token}"

    def attach(self, port: int) -> None:
        """Called once the listener knows its port."""
        self._port = port

    def attach_person(self, act: Callable[[str, str], str]) -> None:
        """`act(verb, serial)`: what the person may do with a card without any page, and how it ended."""
        self._act_natively = act

    # ---- the prompter

    def ask_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        return self._wait(_pin_prompt("pin", request), cancelled)

    def ask_new_pin(self, request: PinRequest, cancelled: threading.Event) -> Pin:
        return self._wait(_pin_prompt("new-pin", request), cancelled)

    def show_pinpad(self, request: PinRequest, over: threading.Event) -> None:
        self._wait(_pin_prompt("pinpad", request), over)

    def confirm(self, request: ConsentRequest, cancelled: threading.Event) -> None:
        kind = "pair" if request.purpose.kind == "pair" else "confirm"
        prompt = PendingPrompt(
            secrets.token_hex(8), kind, request.origin, request.label, request.purpose, serial=request.serial
        )
        self._wait(prompt, cancelled)

    def _wait(self, prompt: PendingPrompt, cancelled: threading.Event) -> Pin:
        """What was typed; nothing for a prompt that only asks yes or no."""
        end = time.monotonic() + self._seconds
        with self._shown(prompt):
            while not prompt.answered.wait(_LOOK_SECONDS):
                if cancelled.is_set():
                    raise RpcError("USER_CANCELLED")
                if time.monotonic() > end:
                    raise RpcError("PIN_TIMEOUT")
        if prompt.answer is None:
            raise RpcError("USER_CANCELLED")
        return prompt.answer

    @contextmanager
    def _shown(self, prompt: PendingPrompt) -> Iterator[None]:
        self._pending[prompt.id] = prompt
        try:
            yield
        finally:
            self._pending.pop(prompt.id, None)

    # ---- the pages

    def page(self, path: str) -> Response | None:
        if path not in _FILES:
            return None
        name, content_type = _FILES[path]
        body = (resources.files("bridge") / "pages" / name).read_bytes()
        return own_page(content_type, body, self._port)

    def admits(self, path: str, request: Request) -> bool:
        own = f"http://127.0.0.1:{self._port}"
        subprotocols = request.headers.get_all("Sec-WebSocket-Protocol")
        return path == _SOCKET_PATH and request.headers.get_all("Origin") == [own] and subprotocols == [SUBPROTOCOL]

    async def converse(self, connection: ServerConnection) -> None:
        """Token first; then what lies on the table is pushed, and what a hand does is read."""
        try:
            async with asyncio.timeout(_TOKEN_SECONDS):
                admitted = self._take_token(await connection.recv())
        except (TimeoutError, ConnectionClosed):
            admitted = False
        if not admitted:
            await connection.close(1008)
            return
        pushing = asyncio.create_task(self._push(connection))
        try:
            async for frame in connection:
                self._act(_action(frame))
        except ConnectionClosed:
            return
        finally:
            pushing.cancel()

    def _take_token(self, frame: str | bytes) -> bool:
        token = _action(frame).get("token")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._token.encode()):
            return False
        self._token = secrets.token_urlsafe(24)
        return True

    async def _push(self, connection: ServerConnection) -> None:
        await connection.send(json.dumps({"next": self._token, "language": self._language}))
        last = ""
        while True:
            state = json.dumps(self._state(), ensure_ascii=False)
            if state != last:
                await connection.send(state)
                last = state
            await asyncio.sleep(_LOOK_SECONDS)

    def _state(self) -> dict[str, Any]:
        prompts = [prompt.describe(self._words) for prompt in list(self._pending.values())]
        cards = [{**card, "outcome": self._said(card["serial"])} for card in self._cards.lying()]
        return {"cards": cards, "prompts": prompts}

    def _said(self, serial: str) -> dict[str, str]:
        text = self._outcomes.get(serial)
        return {language: wording[text] if text else "" for language, wording in self._words.items()}

    def _act(self, action: dict[str, Any]) -> None:
        """What a hand did: moved a card, played a mishap, answered or refused a prompt. Anything else is ignored."""
        match action:
            case {"do": "answer", "prompt": str(prompt), "pin": str(pin)} if pin:
                self._type(prompt, _octets(pin), _octets(action.get("again")))
            case {"do": "mistype", "prompt": str(prompt)}:
                self._answer(prompt, _octets(f"{secrets.randbelow(10**8):08}"))
            case {"do": "agree", "prompt": str(prompt)}:
                self._answer(prompt, Pin(bytearray()))
            case {"do": "cancel", "prompt": str(prompt)}:
                self._answer(prompt, None)
            case {"do": "change-pin" | "use-last-try" as verb, "serial": str(serial)}:
                threading.Thread(target=self._serve_person, args=(verb, serial), daemon=True).start()
            case {"do": str(verb), "serial": str(serial)}:
                self._outcomes.pop(serial, None)
                self._cards.act(verb, serial)

    def _serve_person(self, verb: str, serial: str) -> None:
        """Change a PIN or use a last try; it asks by prompts of this very table."""
        if self._act_natively is None:
            return
        self._outcomes.pop(serial, None)
        try:
            result = self._act_natively("pin-change" if verb == "change-pin" else "last-try", serial)
        except (CardError, RpcError, CommandRefused):
            result = ""
        self._outcomes[serial] = outcome_text(result)

    def _type(self, prompt_id: str, typed: Pin, again: Pin) -> None:
        """A new PIN counts only when both fields are alike."""
        prompt = self._pending.get(prompt_id)
        if prompt is not None and prompt.kind == "new-pin" and not typed.is_same(again):
            prompt.error = "not-the-same"
            return
        self._answer(prompt_id, typed)

    def _answer(self, prompt_id: str, answer: Pin | None) -> None:
        prompt = self._pending.get(prompt_id)
        if prompt is not None and not prompt.answered.is_set():
            prompt.answer = answer
            prompt.answered.set()


def _pin_prompt(kind: str, request: PinRequest) -> PendingPrompt:
    return PendingPrompt(
        id=secrets.token_hex(8),
        kind=kind,
        origin=request.origin,
        label=request.label,
        purpose=request.purpose,
        reader=request.reader,
        serial=request.serial,
        tries=request.tries,
        error=request.error,
    )


def _octets(typed: Any) -> Pin:
    return Pin(bytearray(typed, "utf-8") if isinstance(typed, str) else bytearray())


def _action(frame: str | bytes) -> dict[str, Any]:
    try:
        action = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return action if isinstance(action, dict) else {}

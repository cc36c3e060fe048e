"""A hand at the card table: sees what lies there and what is asked, and does what its buttons do. Plain, no fixtures."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.bridge.running import BridgeError, Page, RunningBridge


class Hand:
    """`state` is what the table showed last."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._changed = threading.Condition()
        self.state: dict[str, Any] = {"cards": [], "prompts": []}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def do(self, verb: str, **what: str) -> None:
        self._socket.send(json.dumps({"do": verb, **what}))

    def card(self, serial: str, **wanted: Any) -> dict[str, Any]:
        """The card, once it lies there as wanted."""
        return self._until(
            lambda: (
                card for card in self.state["cards"] if card["serial"] == serial and wanted.items() <= card.items()
            )
        )

    def asked(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The prompt of that kind, once it is there."""
        return self._until(
            lambda: (one for one in self.state["prompts"] if one["kind"] == kind and wanted.items() <= one.items())
        )

    def answer(self, kind: str, pin: str = "", again: str = "") -> dict[str, Any]:
        """Type into the next prompt of that kind, or agree to it."""
        prompt = self.asked(kind)
        if pin:
            self.do("answer", prompt=prompt["id"], pin=pin, again=again)
        else:
            self.do("agree", prompt=prompt["id"])
        self._until(lambda: iter([{}] if prompt["id"] not in {one["id"] for one in self.state["prompts"]} else []))
        return prompt

    def _until(self, matching: Callable[[], Iterator[dict[str, Any]]]) -> dict[str, Any]:
        end = time.monotonic() + 15
        with self._changed:
            while (found := next(matching(), None)) is None:
                assert self._changed.wait(end - time.monotonic()), self.state
            return found

    def _look(self) -> None:
        for frame in self._socket:
            seen = json.loads(frame)
            if "cards" in seen:
                with self._changed:
                    self.state = seen
                    self._changed.notify_all()


@contextlib.contextmanager
def at_the_table(bridge: RunningBridge) -> Iterator[Hand]:
    """The first hand at a bridge's table: it uses the token that was printed."""
    address = f"ws://127.0.0.1:{bridge.port}/table/socket"
    own = f"http://127.0.0.1:{bridge.port}"
    with connect(address, origin=own, subprotocols=["pli-table.1"], compression=None) as socket:  # type: ignore[arg-type,list-item]
        socket.send(json.dumps({"token": str(bridge.facts["table"]).partition("#")[2]}))
        yield Hand(socket)


class Call:
    """A page's call under way, while the hand answers what it asks."""

    def __init__(self, page: Page, method: str, **params: Any) -> None:
        self.result: Any = None
        self.error = ""
        self._thread = threading.Thread(target=self._run, args=(page, method, params), daemon=True)
        self._thread.start()

    def _run(self, page: Page, method: str, params: dict[str, Any]) -> None:
        try:
            self.result = page.call(method, **params)
        except BridgeError as error:
            self.error = error.name

    def over(self) -> "Call":
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self

"""What the running bridge does for the person's own commands (bridge.control): one function per verb of `pli-bridge`."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.card.errors import CardError
from bridge.control import CommandRefused, Verb
from bridge.desk import Caller, CardDesk, PresentCard
from bridge.exporting import export_verbs
from bridge.origins import Origins
from bridge.pin_verbs import pin_verbs
from bridge.prompts.requests import LINK, Purpose
from bridge.protocol import VERSION, RpcError

if TYPE_CHECKING:
    from bridge.methods import Bridge
    from bridge.pairing import Pairing
    from bridge.server import Listener


_PERSON = Caller("")  # who asks is no site
_LINK = Caller(LINK)  # all links together: any page shows them, under any name


@dataclass(frozen=True)
class Verbs:
    """The parts that commands reach. `stop` ends the bridge and may be called from any thread."""

    bridge: "Bridge"
    listener: "Listener"
    pairing: "Pairing"
    stop: Callable[[], object]

    def table(self) -> Mapping[str, Verb]:
        return {
            "status": self.status,
            "stop": self.end,
            "pair": self.pair,
            "pairings": self.pairings,
            "unpair": self.unpair,
            "report": self.report,
            "examine": self.examine,
            **export_verbs(self.bridge),
            **pin_verbs(self.bridge.desk, self.bridge.journal),
        }

    def status(self, _params: Mapping[str, Any]) -> dict[str, Any]:
        facts = {"port": self.listener.port, "pid": os.getpid(), "version": VERSION}
        return {**facts, "processes": self.bridge.processes()}

    def examine(self, _params: Mapping[str, Any]) -> dict[str, Any]:
        """What `pli-bridge doctor` tells the person at this computer; `pli-bridge report` is the text without names."""
        desk = self.bridge.desk
        cards = _cards(desk)
        why = None if cards else desk.why_none()
        return {
            **self.status({}),
            "sites": sorted({page.origin for page in self.pairing.pages.all()}),
            "modules": {module.id: module.state for module in desk.modules},
            "readers": [reader["name"] for reader in desk.readers()],
            "cards": [{"label": card.report.label, "state": card.state} for card in cards],
            "whyNone": why.name if why else "",
            "help": str(why.data.get("help") or "") if why else "",
            "process": str(why.data.get("process") or "") if why else "",
        }

    def report(self, _params: Mapping[str, Any]) -> dict[str, str]:
        return {"report": self.bridge.report()}

    def end(self, _params: Mapping[str, Any]) -> None:
        self.stop()

    def pair(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Open pairing for an origin, once the person agreed in the bridge's own window: a program alone cannot.

        `clicked`: a link asked, not the person; such questions are fewer each time one is refused.
        """
        origin = _origin(params)
        purpose = Purpose("pair-open", (("host", urlsplit(origin).netloc),))
        try:
            self.bridge.desk.confirm(_LINK if params.get("clicked") else _PERSON, None, purpose)
        except RpcError as error:
            self.bridge.journal.write("pair-open", origin, error.name)
            raise CommandRefused(f"pairing with {origin} was not agreed to ({error})") from None
        self.pairing.open(origin)
        self.bridge.journal.write("pair-open", origin, "ok")
        return {"origin": origin}

    def pairings(self, _params: Mapping[str, Any]) -> list[dict[str, str]]:
        return [
            {
                "origin": page.origin,
                "browser": page.label,
                "created": page.created.isoformat(),
                "used": page.used.isoformat(),
            }
            for page in self.pairing.pages.all()
        ]

    def unpair(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Forget an origin's pages; those connected now lose their sockets, open mailboxes and card sessions."""
        origin = _origin(params)
        removed = self.pairing.pages.remove(origin)
        self.pairing.close(origin)
        self.bridge.journal.write("unpair", origin, "ok" if removed else "nothing")
        self.listener.hang_up(origin)
        self.bridge.unpaired(origin)
        return {"removed": removed}


def _cards(desk: CardDesk) -> Sequence[PresentCard]:
    try:
        return desk.cards()
    except CardError:
        return ()  # a module that fails is told by its state


def _origin(params: Mapping[str, Any]) -> str:
    """The asked origin, as a browser writes it; a page's address will do. Raises CommandRefused."""
    try:
        parts = urlsplit(str(params.get("origin", "")))
        origin = f"{parts.scheme}://{parts.netloc.lower()}"
        Origins([origin])
    except ValueError:  # OriginMalformed is one
        raise CommandRefused(f"{params.get('origin')} is no address of a site: write https://NAME") from None
    return origin

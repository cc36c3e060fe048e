"""The cards on the desk, and every operation with them: presence, sessions and questions put together."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bridge.card.card import CardReport, KeyReport, Mechanism
from bridge.card.errors import CardError, CardFailed, CardRemoved, LoginRequired, ModuleCrashed
from bridge.card.roles import CardKey
from bridge.desk.asking import Asking
from bridge.desk.caller import Caller
from bridge.desk.events import CardEvent, DeskEvent, DeskListener, EndReason
from bridge.desk.pins import Pins
from bridge.desk.presence import Presence
from bridge.desk.present import PresentCard
from bridge.desk.sessions import CardSession, CardSessions
from bridge.journal import used_key
from bridge.modules import Module
from bridge.policy import Limits
from bridge.prompts.requests import ConsentRequest, Prompter, Purpose
from bridge.protocol import RpcError

PINPAD_SECONDS = 90.0


class CardDesk:
    """All cards of all modules, and the card sessions. Thread-safe; calls may wait for a person."""

    def __init__(self, modules: Sequence[Module], prompter: Prompter, limits: Limits, secret: bytes) -> None:
        self.modules = list(modules)
        self.listeners: list[DeskListener] = []
        self.asking = Asking(prompter, limits.prompt_seconds)
        self.sessions = CardSessions(limits, self._tell)
        self.presence = Presence(self.modules, self._noticed, self.sessions.are_on)
        self.pins = Pins(self.asking, self.fresh_report)
        self._secret = secret

    def start(self) -> None:
        """Start the modules and watch for cards."""
        self.presence.start()

    def stop(self) -> None:
        self.presence.stop()

    # ---- what lies there

    def cards(self) -> list[PresentCard]:
        """The present cards. Raises CardError when every module fails."""
        return self.presence.cards()

    def readers(self) -> list[dict[str, Any]]:
        """Every reader: `{id, name, pinpad, card}` with card `absent`, `present`, `in-use` or `unsupported`."""
        return self.presence.readers()

    def reader_service(self) -> str | None:
        """PC/SC: `starting`, `running`, `stopped` or `missing`; None where no module needs it."""
        return self.presence.service()

    def why_none(self) -> RpcError:
        """Why no card can be used: MODULE_MISSING, NO_READER, CARD_IN_USE, CARD_UNSUPPORTED or NO_CARD."""
        return self.presence.why_none()

    def pseudonym(self, origin: str, identity: str) -> str:
        """A card's name for one origin: another site cannot recognise the card by it."""
        return "c_" + hmac.digest(self._secret, f"{origin}\0{identity}".encode(), hashlib.sha256)[:16].hex()

    def find(self, caller: Caller, name: str) -> PresentCard:
        """The present card of that pseudonym. Raises RpcError NO_CARD, or why there is none."""
        cards = self.cards()
        for card in cards:
            if hmac.compare_digest(self.pseudonym(caller.origin, card.identity), name):
                return card
        raise RpcError("NO_CARD") if cards else self.why_none()

    # ---- sessions

    def unlock(self, caller: Caller, card: PresentCard, purpose: Purpose, *, fresh: bool = False) -> CardSession:
        """The live session of this caller with this card, else one PIN entry. `fresh` asks always."""
        if not fresh and (session := self.session(caller, card)):
            return session
        with self.asking.turn(caller, card.identity) as cancelled:
            if not fresh and (session := self.session(caller, card)):
                return session
            with self.pins.given(caller, card, purpose, cancelled) as pin:
                keys = self.log_in(card, pin)
            return self.sessions.open(caller.origin, card, keys)

    def session(self, caller: Caller, card: PresentCard) -> CardSession | None:
        """The live session of this caller with this card, if any."""
        return self.sessions.live(caller.origin, card)

    def session_facts(self, caller: Caller, card: PresentCard) -> dict[str, Any] | None:
        """`{usesLeft, until}` of the live session, if any."""
        session = self.session(caller, card)
        return None if session is None else self.sessions.describe(session)

    def lock(self, origin: str) -> None:
        """End this origin's card sessions; a card nobody else uses is logged out."""
        self.log_out(self.sessions.end(lambda key, _session: key[0] == origin, "locked"))

    def end_sessions(self, reason: EndReason) -> set[str]:
        """End every card session: the screen was locked, or the computer suspended. Returns the cards to log out."""
        return self.sessions.end(lambda _key, _session: True, reason)

    def expire(self) -> None:
        """End what is over by time. Called about once a second."""
        self.log_out(self.sessions.expire())

    # ---- questions

    def confirm(self, caller: Caller, card: PresentCard | None, purpose: Purpose) -> None:
        """Ask for a consent. Raises RpcError USER_CANCELLED."""
        named = (card.report.label, card.serial) if card else ("", "")
        request = ConsentRequest(caller.origin, *named, purpose)
        with self.asking.turn(caller, card.identity if card else "") as cancelled:
            self.asking.confirm(caller, request, cancelled)

    def pin_status(self, card: PresentCard) -> dict[str, Any]:
        """What the card says of its PIN; spends no try. Raises RpcError and CardError."""
        card = self.presence.fresh(card)
        return {"tries": card.report.tries, "state": card.state, "pinpad": card.report.pinpad}

    # ---- operations

    def perform(
        self, caller: Caller, card: PresentCard, key: CardKey, mechanism: Mechanism, data: bytes, purpose: Purpose
    ) -> bytes:
        """One operation within a card session; a key that asks at each use asks. Raises RpcError and CardError."""
        try:
            return self._perform(caller, card, key, mechanism, data, purpose)
        except LoginRequired:  # another program reset the card, or logged out: the person is asked once more
            self.sessions.end(lambda key, _session: key == (caller.origin, card.identity), "locked")
            return self._perform(caller, card, key, mechanism, data, purpose)

    def _perform(
        self, caller: Caller, card: PresentCard, key: CardKey, mechanism: Mechanism, data: bytes, purpose: Purpose
    ) -> bytes:
        session = self.unlock(caller, card, purpose)
        self.presence.refuse_held(card)
        with self._pin_for_use(caller, card, key, session, purpose) as pin:
            self.sessions.use(caller.origin, card, session)
            used_key.set(key.certificate_sha256.hex()[:16])
            result: bytes = self.call(
                card,
                "perform",
                seconds=PINPAD_SECONDS if pin is None and key.certificate_sha256 in session.always else None,
                certificate_sha256=key.certificate_sha256,
                mechanism=str(mechanism),
                data=data,
                pin=pin,
            )
        return result

    @contextmanager
    def _pin_for_use(
        self, caller: Caller, card: PresentCard, key: CardKey, session: CardSession, purpose: Purpose
    ) -> Iterator[bytearray | None]:
        if key.certificate_sha256 not in session.always:
            yield None
            return
        with (
            self.asking.turn(caller, card.identity) as cancelled,
            self.pins.given(caller, card, purpose, cancelled, logged_in=True) as pin,
        ):
            yield pin

    def log_in(self, card: PresentCard, pin: bytearray | None) -> list[KeyReport]:
        """C_Login, then the private keys; two calls, so that each has its own time to answer. Raises CardError."""
        try:
            self.call(card, "login", seconds=PINPAD_SECONDS if pin is None else None, pin=pin)
        except CardError:
            self.logged_out(card)
            raise
        return [KeyReport(**key) for key in self.call(card, "keys")]

    def logged_out(self, card: PresentCard) -> None:
        """The card wants its PIN again, from everybody; its counter may have moved."""
        self.sessions.end(lambda key, _session: key[1] == card.identity, "locked")
        self.presence.changed(card)

    def log_out(self, identities: set[str]) -> None:
        """Log out cards that nobody uses any more."""
        for identity in identities:
            card = self.presence.known(identity)
            try:
                if card is not None:
                    card.module.call("logout", serial=card.serial)
            except CardError:
                continue  # a card or module that is gone is logged out

    def call(self, card: PresentCard, method: str, *, seconds: float | None = None, **params: Any) -> Any:
        """Ask a card's module. Raises CardError; RpcError CARD_IN_USE where it hung because another program holds the card."""
        try:
            return card.module.call(method, timeout=seconds, serial=card.serial, **params)
        except ModuleCrashed:
            self.presence.changed(card)
            self.presence.refuse_held(card)
            raise
        except CardFailed:
            if self.presence.is_leaving(card):  # a module has many words for a card that is just being pulled
                raise CardRemoved from None
            raise

    def fresh_report(self, card: PresentCard, logged_in: bool = False) -> CardReport:
        """What the card says now, by its own count unless it must stay logged in.

        Raises RpcError CARD_REMOVED, CARD_IN_USE, and CardError.
        """
        self.presence.refuse_held(card)
        if not logged_in:
            self.call(card, "recount")
        return self.presence.fresh(card).report

    # ---- events

    def _noticed(self, event: DeskEvent) -> None:
        """Without its card a session and a prompt for it are over, before anybody is told."""
        if isinstance(event, CardEvent) and event.method == "card.removed":
            gone = event.card
            self.asking.take_away(gone.identity)
            self.sessions.end(lambda key, _session: key[1] == gone.identity, "card-removed")
        self._tell(event)

    def _tell(self, event: DeskEvent) -> None:
        for listener in list(self.listeners):
            listener(event)

"""The cards on the desk: which are present, who may use them now, and every operation with them.

Holds the PIN rules: a PIN is asked outside the browser, used once, never kept; at one try left no page opens a prompt; a
PIN this card just refused is not sent again; a card session belongs to one origin and ends by count, time, removal or lock.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.card.card import CardReport, Mechanism
from bridge.card.errors import CardError, LoginRequired
from bridge.card.roles import CardKey, CardKeys, read_keys
from bridge.journal import used_key
from bridge.modules import Module
from bridge.policy import Limits
from bridge.prompts.pin import Pin
from bridge.prompts.requests import ConsentRequest, PinRequest, Prompter, Purpose
from bridge.protocol import RpcError

_LOGIN_SECONDS = 8.0  # a card verifies the PIN, and then lists all its private keys
_PINPAD_SECONDS = 90.0
_POLL_SECONDS = 0.25
_PIN_LENGTHS = range(4, 65)
_BACKOFF_SECONDS = (0, 30, 120, 600)


@dataclass(frozen=True)
class Caller:
    """A page: its origin, and whether its socket is gone."""

    origin: str
    cancelled: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True)
class PresentCard:
    module: Module = field(repr=False)
    report: CardReport
    content: CardKeys = field(repr=False)

    @property
    def serial(self) -> str:
        return self.report.serial

    @property
    def state(self) -> str:
        if self.report.pin_locked:
            return "pin-locked"
        if self.report.last_try:
            return "last-try"
        return "ready" if self.content.keys else "unsupported"


@dataclass
class CardSession:
    """What one PIN entry opened, for one origin."""

    generation: int
    until: float
    uses: int = 0
    always: frozenset[bytes] = frozenset()
    decrypts: frozenset[bytes] = frozenset()


CardListener = Callable[[str, PresentCard], None]


class CardDesk:
    """All cards of all modules, and the card sessions. Thread-safe; calls may wait for a person."""

    def __init__(self, modules: list[Module], prompter: Prompter, limits: Limits, secret: bytes) -> None:
        self.modules = modules
        self._prompter = prompter
        self._limits = limits
        self._secret = secret
        self._salt = secrets.token_bytes(16)
        self._sessions: dict[tuple[str, str], CardSession] = {}
        self._present: dict[str, PresentCard] = {}
        self._refused: dict[str, bytes] = {}
        self._cancellations: dict[str, tuple[int, float]] = {}
        self._asking = threading.Lock()
        self._state = threading.RLock()
        self._stopped = threading.Event()
        self._prompt_for: tuple[str, threading.Event] | None = None
        self.listeners: list[CardListener] = []

    # ---- presence

    def start(self) -> None:
        """Start the modules and watch for cards."""
        for module in self.modules:
            module.start()
        for module in self.modules:
            threading.Thread(target=self._watch, args=(module,), daemon=True, name=f"watch {module.id}").start()

    def stop(self) -> None:
        self._stopped.set()
        for module in self.modules:
            module.stop()

    def cards(self) -> list[PresentCard]:
        """The present cards, asked anew. A module that fails is left out unless all fail."""
        found: list[PresentCard] = []
        failures: list[CardError] = []
        for module in self.modules:
            try:
                found += self._read(module)
            except CardError as error:
                failures.append(error)
        if failures and len(failures) == len(self.modules):
            raise failures[0]
        return found

    def readers(self) -> list[dict[str, Any]]:
        with self._state:
            reports = [card.report for card in self._present.values()]
        return [{"id": _reader_id(report), "name": report.reader, "pinpad": report.pinpad} for report in reports]

    def pseudonym(self, origin: str, serial: str) -> str:
        """A card's name for one origin: another site cannot recognise the card by it."""
        return "c_" + hmac.digest(self._secret, f"{origin}\0{serial}".encode(), hashlib.sha256)[:16].hex()

    def find(self, caller: Caller, name: str) -> PresentCard:
        """The present card of that pseudonym. Raises RpcError NO_CARD."""
        for card in self.cards():
            if hmac.compare_digest(self.pseudonym(caller.origin, card.serial), name):
                return card
        raise RpcError("NO_CARD")

    def _read(self, module: Module) -> list[PresentCard]:
        cards = [PresentCard(module, report, _content(report)) for report in module.cards()]
        self._compare(module, {card.serial: card for card in cards})
        return cards

    def _compare(self, module: Module, now: dict[str, PresentCard]) -> None:
        with self._state:
            before = {serial: card for serial, card in self._present.items() if card.module is module}
            for serial in before.keys() - now.keys():
                del self._present[serial]
                self._forget(serial)
            self._present |= now
        for serial in before.keys() - now.keys():
            self._tell("card.removed", before[serial])
        arrived = now.keys() - before.keys() if module.looked_at else ()
        module.looked_at = True  # what lay there from the beginning did not arrive
        for serial in arrived:
            self._tell("card.inserted", now[serial])

    def _tell(self, event: str, card: PresentCard) -> None:
        for listener in list(self.listeners):
            listener(event, card)

    def _forget(self, serial: str) -> None:
        """Without its card a session and a prompt for it are over."""
        for key in [key for key in self._sessions if key[1] == serial]:
            del self._sessions[key]
        if self._prompt_for is not None and self._prompt_for[0] == serial:
            self._prompt_for[1].set()

    def _watch(self, module: Module) -> None:
        while not self._stopped.is_set():
            try:
                self._read(module)
                self._expire(module)
            except CardError:
                self._stopped.wait(2 if module.state == "missing" else _POLL_SECONDS)
            self._stopped.wait(_POLL_SECONDS)

    # ---- sessions

    def unlock(self, caller: Caller, card: PresentCard, purpose: Purpose, *, fresh: bool = False) -> CardSession:
        """The live session of this caller with this card, else one PIN entry. `fresh` asks always."""
        if not fresh and (session := self._live(caller, card)):
            return session
        with self._asking_one(caller, card) as cancelled:
            if not fresh and (session := self._live(caller, card)):
                return session
            return self._login(caller, card, purpose, cancelled)

    def lock(self, origin: str) -> None:
        """End this origin's card sessions; a card nobody else uses is logged out."""
        with self._state:
            ended = [key for key in self._sessions if key[0] == origin]
            for key in ended:
                del self._sessions[key]
        for _, serial in ended:
            self._log_out_unless_used(serial)

    def confirm(self, caller: Caller, card: PresentCard | None, purpose: Purpose) -> None:
        """Ask for a consent. Raises RpcError USER_CANCELLED."""
        named = (card.report.label, card.serial) if card else ("", "")
        request = ConsentRequest(caller.origin, *named, purpose)
        with self._asking_one(caller, card) as cancelled, self._counting_cancellations(caller):
            self._prompter.confirm(request, cancelled)

    def session(self, caller: Caller, card: PresentCard) -> CardSession | None:
        """The live session of this caller with this card, if any."""
        return self._live(caller, card)

    def _live(self, caller: Caller, card: PresentCard) -> CardSession | None:
        with self._state:
            session = self._sessions.get((caller.origin, card.serial))
        alive = (
            session is not None
            and session.generation == card.module.generation
            and session.until > time.monotonic()
            and session.uses < self._limits.card_uses
        )
        return session if alive else None

    def _login(self, caller: Caller, card: PresentCard, purpose: Purpose, cancelled: threading.Event) -> CardSession:
        report = self._fresh_report(card)
        seconds = _PINPAD_SECONDS if report.pinpad else _LOGIN_SECONDS
        with self._given_pin(caller, card, report, purpose, cancelled) as pin:
            keys = card.module.call("login", timeout=seconds, serial=card.serial, pin=pin)
        self._refused.pop(card.serial, None)
        session = CardSession(
            generation=card.module.generation,
            until=time.monotonic() + self._limits.card_seconds,
            always=frozenset(key["certificate_sha256"] for key in keys if key["always"]),
            decrypts=frozenset(key["certificate_sha256"] for key in keys if key["decrypt"]),
        )
        with self._state:
            self._sessions[caller.origin, card.serial] = session
        return session

    def _fresh_report(self, card: PresentCard) -> CardReport:
        """The counter right before a PIN is asked: another program may have spent tries."""
        for report in card.module.cards():
            if report.serial == card.serial:
                if report.pin_locked:
                    raise RpcError("PIN_LOCKED")
                if report.last_try:
                    raise RpcError("PIN_LAST_TRY")
                return report
        raise RpcError("CARD_REMOVED")

    @contextmanager
    def _given_pin(
        self, caller: Caller, card: PresentCard, report: CardReport, purpose: Purpose, cancelled: threading.Event
    ) -> Iterator[bytearray | None]:
        """The PIN's octets while they are used; None while the reader's own pad asks, and the screen says for what."""
        request = PinRequest(caller.origin, report.reader, report.label, report.serial, purpose, report.tries)
        if report.pinpad:
            with self._pinpad_shown(request):
                yield None
            return
        with self._ask_pin(caller, request, cancelled) as pin:
            self._fresh_report(card)  # another program may have spent tries while the person typed
            try:
                yield pin.octets
            except CardError as error:
                if error.code == "PIN_INCORRECT":
                    self._refused[report.serial] = self._hash(report.serial, pin)
                raise

    @contextmanager
    def _pinpad_shown(self, request: PinRequest) -> Iterator[None]:
        over = threading.Event()
        notice = threading.Thread(target=_show_pinpad, args=(self._prompter, request, over), daemon=True)
        notice.start()
        try:
            yield
        finally:
            over.set()
            notice.join()

    def _ask_pin(self, caller: Caller, request: PinRequest, cancelled: threading.Event) -> Pin:
        with self._counting_cancellations(caller):
            pin = self._prompter.ask_pin(request, cancelled)
        plausible = len(pin) in _PIN_LENGTHS and pin.is_printable()
        again = hmac.compare_digest(self._refused.get(request.serial, b""), self._hash(request.serial, pin))
        if not plausible or again:
            pin.wipe()
            raise RpcError("PIN_INCORRECT", tries=request.tries)
        return pin

    def _hash(self, serial: str, pin: Pin) -> bytes:
        return hashlib.scrypt(pin.octets, salt=self._salt + serial.encode(), n=2**12, r=8, p=1)

    @contextmanager
    def _asking_one(self, caller: Caller, card: PresentCard | None) -> Iterator[threading.Event]:
        """One prompt at a time; the removal of its card, or of its page, takes the prompt away."""
        self._check_backoff(caller)
        if not self._asking.acquire(timeout=self._limits.prompt_seconds):
            raise RpcError("BUSY")
        cancelled = _Either(caller.cancelled)
        try:
            self._prompt_for = (card.serial, cancelled) if card else None
            yield cancelled
        except RpcError as error:
            gone = card is not None and cancelled.own and not caller.cancelled.is_set()
            raise (RpcError("CARD_REMOVED") if gone and error.name == "USER_CANCELLED" else error) from None
        finally:
            self._prompt_for = None
            self._asking.release()

    def _check_backoff(self, caller: Caller) -> None:
        wait = self._cancellations.get(caller.origin, (0, 0.0))[1] - time.monotonic()
        if wait > 0:
            raise RpcError("RATE_LIMITED", retryAfter=int(wait) + 1)

    @contextmanager
    def _counting_cancellations(self, caller: Caller) -> Iterator[None]:
        """A page whose prompts are cancelled again and again has to wait longer and longer."""
        try:
            yield
        except RpcError as error:
            if error.name == "USER_CANCELLED" and not caller.cancelled.is_set():
                count = self._cancellations.get(caller.origin, (0, 0.0))[0]
                wait = _BACKOFF_SECONDS[min(count, len(_BACKOFF_SECONDS) - 1)]
                self._cancellations[caller.origin] = (count + 1, time.monotonic() + wait)
            raise
        self._cancellations.pop(caller.origin, None)

    def _expire(self, module: Module) -> None:
        now = time.monotonic()
        with self._state:
            ended = [
                (origin, serial)
                for (origin, serial), session in self._sessions.items()
                if session.until <= now and serial in self._present and self._present[serial].module is module
            ]
            for key in ended:
                del self._sessions[key]
        for _, serial in ended:
            self._log_out_unless_used(serial)

    def _log_out_unless_used(self, serial: str) -> None:
        with self._state:
            card = self._present.get(serial)
            if card is None or any(key[1] == serial for key in self._sessions):
                return
        try:
            card.module.call("logout", serial=serial)
        except CardError:
            return  # a card or module that is gone is logged out

    # ---- operations

    def perform(
        self, caller: Caller, card: PresentCard, key: CardKey, mechanism: Mechanism, data: bytes, purpose: Purpose
    ) -> bytes:
        """One operation within a card session; a key that asks at each use asks. Raises RpcError and CardError."""
        session = self.unlock(caller, card, purpose)
        try:
            with self._pin_for_use(caller, card, key, session, purpose) as pin:
                session.uses += 1
                used_key.set(key.certificate_sha256.hex()[:16])
                result: bytes = card.module.call(
                    "perform",
                    serial=card.serial,
                    certificate_sha256=key.certificate_sha256,
                    mechanism=str(mechanism),
                    data=data,
                    pin=pin,
                )
        except LoginRequired:
            with self._state:
                self._sessions.pop((caller.origin, card.serial), None)
            raise
        return result

    @contextmanager
    def _pin_for_use(
        self, caller: Caller, card: PresentCard, key: CardKey, session: CardSession, purpose: Purpose
    ) -> Iterator[bytearray | None]:
        if key.certificate_sha256 not in session.always:
            yield None
            return
        with self._asking_one(caller, card) as cancelled:
            report = self._fresh_report(card)
            with self._given_pin(caller, card, report, purpose, cancelled) as pin:
                yield pin


class _Either(threading.Event):
    """Set by itself or by another event."""

    def __init__(self, other: threading.Event) -> None:
        super().__init__()
        self._other = other

    @property
    def own(self) -> bool:
        return super().is_set()

    def is_set(self) -> bool:
        return super().is_set() or self._other.is_set()


def _content(report: CardReport) -> CardKeys:
    return read_keys(tuple(report.certificates), tuple(report.chain))


def _reader_id(report: CardReport) -> str:
    return "r_" + hashlib.sha256(report.reader.encode()).hexdigest()[:16]


def _show_pinpad(prompter: Prompter, request: PinRequest, over: threading.Event) -> None:
    try:
        prompter.show_pinpad(request, over)
    except RpcError:
        return  # the notice was closed, or has done its work

"""The bridge itself: one method of the protocol to one function, and the events that pages are told."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bridge import (
    ending,
    enrolment,
    exporting,
    granting,
    ledger,
    officers,
    opening,
    proving,
    recovering,
    recovery_requests,
    rotation,
    signing,
    swift,
    validation,
)
from bridge.bench import Bench
from bridge.card.errors import CardError
from bridge.card.roles import CardKey
from bridge.cms.errors import CmsError
from bridge.desk import Caller, CardDesk, CardEvent, GrantEnded, PresentCard, ReaderEvent
from bridge.desk.events import DeskEvent
from bridge.desk.pin_change import change_pin
from bridge.disclosed import Disclosed
from bridge.heads import Heads
from bridge.journal import Journal, begin_line, log, used_key
from bridge.mailboxes import Mailboxes, OpenMailbox, Reason
from bridge.modules import modules_of
from bridge.policy import Policy
from bridge.presence.watch import Absence, Presence
from bridge.prompts.requests import Prompter, Purpose
from bridge.protocol import SUBPROTOCOL, VERSION, RpcError, from_rfc3339
from bridge.report import make_report
from bridge.report_facts import collect
from bridge.server import Event, Then
from bridge.vault_client import VaultClient

APP_VERSION = "https://pli.example/bridge/" + VERSION
_SWEEP_SECONDS = 1.0


@dataclass(frozen=True)
class SessionEnded:
    """An open mailbox ended; only its own origin is told."""

    mailbox: OpenMailbox
    reason: Reason
    subscribers_only = False


class Bridge:
    """Answers the methods of docs/PROTOCOL.md. `announce` is set by whoever owns the sockets."""

    def __init__(self, policy: Policy, prompter: Prompter, secret: bytes) -> None:
        self._vault = VaultClient()
        self._desk = CardDesk(modules_of(policy), prompter, policy.limits, secret)
        self._mailboxes = Mailboxes(self._vault, policy.limits.mailbox_seconds, self._ended)
        self.bench = Bench(policy, self._desk, self._vault, self._mailboxes, Heads(policy.state))
        self.journal = Journal(policy.state)
        self._presence = Presence(self.lock_all)
        self.surroundings: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self._disclosed = Disclosed()
        self._stopped = threading.Event()
        self._vault_generation = 0
        self._absences = 0
        self.announce: Callable[[Event], None] = lambda _event: None
        self._desk.listeners.append(self._desk_changed)

    @property
    def desk(self) -> CardDesk:
        return self._desk

    async def start(self) -> None:
        """On the loop that the listener will run on."""
        await self._vault.start()
        self._vault_generation = self._vault.generation
        self._desk.start()
        self._presence.start()
        threading.Thread(target=self._keep_house, daemon=True, name="housekeeping").start()

    async def stop(self) -> None:
        self._stopped.set()
        self._presence.stop()
        self._desk.stop()
        await self._vault.stop()
        self.journal.close()

    def close_mailboxes(self) -> None:
        """Tell every page that the bridge stops, and wipe. Not on the loop: it waits for the vault."""
        self._mailboxes.end(lambda _mailbox: True, "bridge-stopped")

    def lock_all(self, absence: Absence) -> None:
        """The person left: take a prompt away, wipe every open mailbox, end every card session, tell every page."""
        self._absences += 1
        self._desk.asking.take_away()
        cards = self._desk.end_sessions(absence)  # before anything that has to be waited for
        self._mailboxes.end(lambda _mailbox: True, "locked")
        self._desk.log_out(cards)
        self.journal.write("session.lock", "", absence)

    def report(self) -> str:
        """The diagnosis report. `surroundings` says the port and the number of paired pages."""
        return make_report(collect(self._desk, self.bench.policy.state, *self.surroundings()))

    def processes(self) -> dict[str, int | None]:
        """Process ids by role, for `pli-bridge status` and the memory figure."""
        return {"vault": self._vault.pid, **{module.id: module.pid for module in self._desk.modules}}

    # ---- the service of the listener

    def is_swift(self, method: str) -> bool:
        return method in SWIFT

    def begin(self, caller: Caller, method: str, params: dict[str, Any], then: Then) -> None:
        used_key.set("")
        try:
            asked = SWIFT[method](self.bench, caller, **_named(params))
        except Exception as error:  # noqa: BLE001 (told to the page under a name)
            self._end(begin_line(method, caller.origin, used_key.get()), then, None, as_rpc_error(error))
            return

        def told(answer: Any, error: Exception | None) -> None:
            named = None if error is None else as_rpc_error(error)
            self._end(line, then, None if named else asked.result(answer), named)

        self._vault.begin(asked.method, told, **asked.params)
        line = begin_line(method, caller.origin, used_key.get())  # while the vault works

    def _end(self, line: str, then: Then, result: Any, error: RpcError | None) -> None:
        """Nothing is answered before it stands in the journal."""
        try:
            self.journal.finish(line, error.name if error else "ok")
        except OSError as full:
            result, error = None, as_rpc_error(full)
        then(result, error)

    def handle(self, caller: Caller, method: str, params: dict[str, Any]) -> Any:
        absences = self._absences
        with self._journalled(caller, method):
            try:
                return METHODS[method](self, caller, **_named(params))
            finally:
                self._close_late(caller.origin, absences)

    def _close_late(self, origin: str, absences: int) -> None:
        """What a call opened while the person left, or the card: the end that all others had came too early for it."""
        if absences != self._absences:
            self.forget_origin(origin)
        held = {mailbox.card_identity for mailbox in self._mailboxes.of_origin(origin) if mailbox.card_identity}
        gone = {identity for identity in held if self._desk.presence.known(identity) is None}
        if gone:
            self._mailboxes.end(lambda mailbox: mailbox.card_identity in gone, "card-removed")

    @contextmanager
    def _journalled(self, caller: Caller, method: str) -> Iterator[None]:
        """Every failure becomes an RpcError, and every call one line of the journal."""
        result = "ok"
        used_key.set("")
        try:
            yield
        except Exception as error:
            named = as_rpc_error(error)
            result = named.name
            raise named from error
        finally:
            if method != "bridge.status":
                self.journal.write(method, caller.origin, result, thumbprint=used_key.get())

    def confirm_pairing(self, caller: Caller, page_key: bytes, purpose: Purpose) -> None:
        """Ask the person whether the digits are the same. Raises RpcError unless they agree."""
        with self._journalled(caller, "pair"):
            used_key.set(hashlib.sha256(page_key).hexdigest()[:16])
            self._desk.confirm(caller, None, purpose)

    def forget_origin(self, origin: str) -> None:
        self._mailboxes.end(lambda mailbox: mailbox.origin == origin, "locked")
        self._desk.lock(origin)

    def unpaired(self, origin: str) -> None:
        """The person ended the pairing with this origin."""
        self._disclosed.forget(origin)
        self.forget_origin(origin)

    def notification(self, origin: str, event: Event) -> tuple[str, dict[str, Any]] | None:
        match event:
            case CardEvent(method, card):
                return method, {"card": self._desk.pseudonym(origin, card.identity)}
            case ReaderEvent(method, reader):
                return method, {"reader": reader}
            case GrantEnded(ended, identity, reason) if ended == origin:
                return "grant.ended", {"card": self._desk.pseudonym(origin, identity), "reason": reason}
            case exporting.ExportWanted(mailbox) if mailbox.origin == origin:
                return "export.wanted", {"mailbox": mailbox.mailbox_id}
            case SessionEnded(mailbox, reason) if mailbox.origin == origin:
                return "session.ended", {"handle": mailbox.handle, "reason": reason}
        return None

    # ---- methods

    def status(self, caller: Caller) -> dict[str, Any]:
        return {
            "version": VERSION,
            "protocol": SUBPROTOCOL,
            "readers": self._desk.readers(),
            "pcsc": self._desk.reader_service(),
            "modules": [
                {"id": module.id, "state": module.state, "version": module.version} for module in self._desk.modules
            ],
            "mailboxes": [mailbox.summary() for mailbox in self._mailboxes.of_origin(caller.origin)],
        }

    def list_cards(self, caller: Caller) -> dict[str, Any]:
        cards = [self._describe(caller, card) for card in self._desk.cards()]
        return {"cards": cards} if cards else {"cards": [], "why": self._desk.why_none().body()["data"]}

    def pin_status(self, caller: Caller, card: str) -> dict[str, Any]:
        return self._desk.pin_status(self._desk.find(caller, card))

    def change_pin(self, caller: Caller, card: str) -> dict[str, Any]:
        change_pin(self._desk, caller, self._desk.find(caller, card))
        return {}

    def give_report(self, caller: Caller) -> dict[str, Any]:
        text = self.report()
        self._desk.confirm(caller, None, Purpose("report-consent"))
        return {"report": text}

    def subscribe(self, _caller: Caller) -> dict[str, Any]:
        return {}

    def get_certificate(self, caller: Caller, card: str, key: str) -> dict[str, Any]:
        present = self._desk.find(caller, card)
        chosen = next((one for one in present.content.keys if one.id == key), None)
        if chosen is None:
            raise RpcError("KEY_USE_DENIED")
        if not self._disclosed.knows(caller.origin, chosen.certificate_sha256):
            self._desk.confirm(caller, present, Purpose("certificate-consent"))
            self._disclosed.add(caller.origin, chosen.certificate_sha256)
        return {"certificate": chosen.der, "chain": validation.ders(present.content.chain)}

    def make_token(self, caller: Caller, card: str, challenge: str) -> dict[str, Any]:
        token = signing.make_token(self.bench, caller, card, challenge, APP_VERSION)
        self._disclosed.add(caller.origin, hashlib.sha256(token["unverifiedCertificate"]).digest())
        return token

    def validate(
        self, _caller: Caller, items: list[dict[str, Any]], crls: list[bytes], ocsps: Sequence[bytes] = ()
    ) -> dict[str, Any]:
        for item in items:
            if "at" in item:
                item["at"] = from_rfc3339(item["at"])
        return {"items": [validation.validate_item(self.bench.policy, item, crls, ocsps) for item in items]}

    def lock(self, caller: Caller, handle: str | None = None) -> dict[str, Any]:
        if handle is not None:
            self._mailboxes.get(caller, handle)
        self._mailboxes.end(
            lambda mailbox: mailbox.origin == caller.origin and handle in (None, mailbox.handle), "locked"
        )
        # A page lets go of one mailbox, or of an older epoch's keys, and goes on with the others by the same card.
        if handle is None or not self._mailboxes.of_origin(caller.origin):
            self._desk.lock(caller.origin)
        return {}

    # ---- events and upkeep

    def _desk_changed(self, event: DeskEvent) -> None:
        if isinstance(event, CardEvent) and event.method == "card.removed":
            gone = event.card.identity
            self._mailboxes.end(lambda mailbox: mailbox.card_identity == gone, "card-removed")
        self.announce(event)

    def _ended(self, mailbox: OpenMailbox, reason: Reason) -> None:
        self.bench.forget(mailbox.handle)
        self.announce(SessionEnded(mailbox, reason))

    def _keep_house(self) -> None:
        while not self._stopped.wait(_SWEEP_SECONDS):
            try:
                self._desk.expire()
                self._mailboxes.sweep()
                if self._vault.generation != self._vault_generation or self._vault.pid is None:
                    self._vault_generation = self._vault.generation
                    self._mailboxes.end(lambda _mailbox: True, "locked")
            except Exception as error:  # noqa: BLE001 (whatever it stumbled over, what is over ends next time)
                log.error("housekeeping: %s", type(error).__name__)

    def _knows_holder(self, caller: Caller, card: PresentCard) -> bool:
        return any(self._disclosed.knows(caller.origin, key.certificate_sha256) for key in card.content.keys)

    def _describe(self, caller: Caller, card: PresentCard) -> dict[str, Any]:
        session = self._desk.session(caller, card)
        return {
            "card": self._desk.pseudonym(caller.origin, card.identity),
            "reader": card.report.reader,
            "label": card.report.label if self._knows_holder(caller, card) else card.report.nameless,
            "state": card.state,
            "tries": card.report.tries,
            "session": self._desk.session_facts(caller, card),
            "keys": [_describe_key(key, session.always if session else frozenset()) for key in card.content.keys],
        }


def _describe_key(key: CardKey, always: frozenset[bytes]) -> dict[str, Any]:
    return {
        "key": key.id,
        "use": key.use,
        "algorithms": key.algorithms,
        "spki256": validation.spki256(key.unverified_certificate),
        "always": key.certificate_sha256 in always,
    }


def as_rpc_error(error: Exception) -> RpcError:
    """Any failure under the name a page may see."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, CardError):
        return RpcError(error.code, **error.data)
    if isinstance(error, CmsError):
        return RpcError("INVALID_PARAMS", member=error.code)
    log.error("unexpected %s", type(error).__name__, exc_info=log.isEnabledFor(10))
    return RpcError("INTERNAL_ERROR")


def _named(params: Mapping[str, Any]) -> dict[str, Any]:
    return {_snake(name): value for name, value in params.items()}


@lru_cache(maxsize=128)  # the members of METHODS, and no others: a shape refused them
def _snake(name: str) -> str:
    if name == "class":
        return "class_"
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _on_bench(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb that needs the bench alone, as a method."""

    def answer(bridge: Bridge, caller: Caller, **params: Any) -> Any:
        return verb(bridge.bench, caller, **params)

    return answer


METHODS: Mapping[str, Callable[..., Any]] = {
    "bridge.status": Bridge.status,
    "card.list": Bridge.list_cards,
    "card.subscribe": Bridge.subscribe,
    "pin.status": Bridge.pin_status,
    "pin.change": Bridge.change_pin,
    "diag.report": Bridge.give_report,
    "cert.get": Bridge.get_certificate,
    "auth.token": Bridge.make_token,
    "card.prove": _on_bench(proving.prove_card),
    "certificate.request": _on_bench(enrolment.request_certificates),
    "mailbox.create": _on_bench(enrolment.create_mailbox),
    "mailbox.open": _on_bench(opening.open_mailbox),
    "mailbox.members": _on_bench(ledger.show_members),
    "mailbox.rotate": _on_bench(rotation.rotate_mailbox),
    "grant.make": _on_bench(granting.make_grants),
    "log.append": _on_bench(ending.append_to_log),
    "recovery.sheet": _on_bench(recovering.begin_sheet),
    "recovery.drop": _on_bench(recovering.drop_sheet),
    "recovery.make": _on_bench(recovering.make_recovery),
    "officers.make": _on_bench(officers.make_officers),
    "recovery.request": _on_bench(recovery_requests.request_recovery),
    "share.release": _on_bench(officers.release_share),
    "message.sign": _on_bench(signing.sign_messages),
    "export.begin": _on_bench(exporting.begin_export),
    "export.put": _on_bench(exporting.put_export),
    "export.end": _on_bench(exporting.end_export),
    "certificates.validate": Bridge.validate,
    "session.lock": Bridge.lock,
}

# Those that wait for the vault alone, on the loop itself; all others wait for cards or people, or think, in a thread.
SWIFT: Mapping[str, Callable[..., swift.AskVault]] = {
    "storage.keys": swift.storage_keys,
    "key.unwrap": swift.unwrap,
}

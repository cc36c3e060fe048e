"""Which cards lie on the desk: what the modules show, put together with what the readers tell."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bridge.card.card import CardReport
from bridge.card.discovery import what_this_card_needs, what_to_install
from bridge.card.errors import CardError
from bridge.card.holding import HeldProbe, holders
from bridge.card.pcsc import ReaderWatch
from bridge.card.readers import Reader, ReaderChange
from bridge.desk.events import CardEvent, DeskListener, ReaderEvent
from bridge.desk.other_programs import OtherPrograms
from bridge.desk.present import PresentCard, present_card
from bridge.desk.watching import ModuleWatch, StillAtWork
from bridge.modules import Module
from bridge.protocol import RpcError

_FRESH_TRIES = 5
_NOTICE_SECONDS = 0.6  # pcscd looks into readers without an interrupt 2.5 times a second


class Presence:
    """Thread-safe. `tell` hears of every change, one at a time; `is_used` says whether a card session lives on a module."""

    def __init__(self, modules: Sequence[Module], tell: DeskListener, is_used: Callable[[Module], bool]) -> None:
        self.is_used = is_used
        self._tell = tell
        self._shown: dict[str, list[PresentCard]] = {module.id: [] for module in modules}
        self._read: dict[str, set[str]] = {module.id: set() for module in modules}  # what the last look itself showed
        self._view: dict[str, PresentCard] = {}
        self._changing = threading.RLock()
        self._others = OtherPrograms(modules, HeldProbe().look)
        self._watches = [ModuleWatch(module, self, self._found) for module in modules]
        has_readers = any(module.kind == "pkcs11" for module in modules)
        self._readers = ReaderWatch(self._reader_changed) if has_readers else None

    def start(self) -> None:
        if self._readers is not None:
            self._readers.start()
        for watch in self._watches:
            watch.module.start()
        for watch in self._watches:
            watch.start()

    def stop(self) -> None:
        if self._readers is not None:
            self._readers.stop()
        for watch in self._watches:
            watch.stop()
        for watch in self._watches:
            watch.module.stop()

    # ---- the cards

    def cards(self) -> list[PresentCard]:
        """The present cards, as they are now. A module that fails is left out unless all fail; then CardError is raised."""
        failures, late = self._refresh(self._watches)
        if late and not self._view:
            failures += self._refresh(late, patiently=True)[0]
        if failures and len(failures) == len(self._watches):
            raise failures[0]
        with self._changing:
            return list(self._view.values())

    def _refresh(
        self, watches: Sequence[ModuleWatch], *, patiently: bool = False
    ) -> tuple[list[CardError], list[ModuleWatch]]:
        """How modules failed, and which are still at it."""
        failures: list[CardError] = []
        late: list[ModuleWatch] = []
        for watch in watches:
            try:
                watch.refresh(patiently=patiently)
            except StillAtWork as error:
                late.append(watch)
                if patiently:
                    failures.append(error)
            except CardError as error:
                failures.append(error)
        return failures, late

    def fresh(self, card: PresentCard) -> PresentCard:
        """The card, read anew. Raises RpcError CARD_REMOVED, CARD_IN_USE, and CardError."""
        self.refuse_held(card)
        watch = self._watch_of(card.module)
        for _ in range(_FRESH_TRIES):
            watch.changed()
            watch.refresh(patiently=True)
            with self._changing:
                found = self._view.get(card.identity)
                if found is None:
                    break
                looked = watch.is_current() or not card.module.in_readers
                if looked and card.identity in self._read[card.module.id]:
                    return found
            time.sleep(_NOTICE_SECONDS / _FRESH_TRIES)
        raise RpcError("CARD_REMOVED")

    def known(self, identity: str) -> PresentCard | None:
        """The card as last seen."""
        with self._changing:
            return self._view.get(identity)

    def changed(self, card: PresentCard) -> None:
        """Something was done that may have moved the card's counter."""
        self._watch_of(card.module).changed()

    def refuse_held(self, card: PresentCard) -> None:
        """Raise RpcError CARD_IN_USE where another program holds this card now."""
        if card.module.in_readers and any(
            self._others.hold(reader.name, patiently=True) != "free"
            for reader in self._with_cards()
            if card.lies_in(reader.name)
        ):
            raise in_use()

    def is_leaving(self, card: PresentCard) -> bool:
        """Whether a card that failed turns out to be gone: the reader service may notice a moment later than the module."""
        end = time.monotonic() + (_NOTICE_SECONDS if card.module.in_readers else 0)
        while self.known(card.identity) is not None and time.monotonic() < end:
            time.sleep(_NOTICE_SECONDS / 20)
        return self.known(card.identity) is None

    def atr_of(self, card: PresentCard) -> bytes:
        """The answer to reset of the reader's card; empty for a card without a reader."""
        return next((reader.atr for reader in self._all_readers() if card.lies_in(reader.name)), b"")

    # ---- why there is none

    def service(self) -> str | None:
        """The state of the reader service; None where no module needs it."""
        return self._readers.service if self._readers is not None else None

    def readers(self) -> list[dict[str, Any]]:
        """For `bridge.status`: every reader, and what lies in it."""
        with self._changing:
            cards = list(self._view.values())
        known = [self._describe(reader, cards) for reader in self._all_readers()]
        names = {reader["name"] for reader in known}
        others = {card.report.reader: card for card in cards if not any(card.lies_in(name) for name in names)}
        return known + [_facts(name, "present", pinpad=card.report.pinpad) for name, card in others.items()]

    def why_none(self) -> RpcError:
        """Why no card is on the desk, as far as can be told."""
        if not self._watches:
            return RpcError("MODULE_MISSING", help=what_to_install())
        if not any(watch.module.in_readers for watch in self._watches):
            return RpcError("NO_CARD")
        if not self.hears():
            return RpcError("NO_READER", help="pcscd")
        readers = self._all_readers()
        return self._why_not(readers) if readers else RpcError("NO_READER", help="reader")

    def _why_not(self, readers: Sequence[Reader]) -> RpcError:
        if any(self._is_held(reader) for reader in readers):
            return in_use()
        unread = next((reader for reader in readers if self._describe(reader, [])["card"] == "unsupported"), None)
        if unread is None:
            return RpcError("NO_CARD")
        versions = {watch.module.id: watch.module.version for watch in self._watches if watch.module.in_readers}
        return RpcError("CARD_UNSUPPORTED", atr=unread.atr.hex().upper(), help=what_this_card_needs(versions))

    def _describe(self, reader: Reader, cards: Sequence[PresentCard]) -> dict[str, Any]:
        card = next((card for card in cards if card.lies_in(reader.name)), None)
        pinpad = card.report.pinpad if card is not None else False
        if not reader.present:
            return _facts(reader.name, "absent", pinpad=pinpad)
        if self._is_held(reader):
            return {**_facts(reader.name, "in-use", pinpad=pinpad), **in_use().data}
        tried = reader.mute or all(watch.has_given_up for watch in self._watches if watch.module.in_readers)
        return _facts(reader.name, "unsupported" if card is None and tried else "present", pinpad=pinpad)

    def _is_held(self, reader: Reader) -> bool:
        return reader.exclusive or (reader.present and self._others.hold(reader.name) != "free")

    # ---- what a watch needs to know (watching.ReaderView)

    def hears(self) -> bool:
        return self._readers is not None and self._readers.service == "running"

    def is_settled(self, module: Module) -> bool:
        with self._changing:
            read = [card for card in self._shown[module.id] if card.identity in self._read[module.id]]
        return all(any(card.lies_in(reader.name) for card in read) for reader in self._with_cards())

    def are_usable(self) -> bool:
        with self._changing:
            usable = [card for card in self._view.values() if card.content.keys]
        return all(any(card.lies_in(reader.name) for card in usable) for reader in self._with_cards())

    def is_blocked(self) -> bool:
        return any(self._others.hold(reader.name) == "transaction" for reader in self._with_cards())

    # ---- changes

    def _found(self, watch: ModuleWatch, reports: list[CardReport], began: int) -> None:
        cards = [present_card(watch.module, report) for report in reports]
        with self._changing:
            if watch.changes == began:
                self._read[watch.module.id] = {card.identity for card in cards}
                self._update(watch.module, [*cards, *self._still_there(watch, cards)])

    def _still_there(self, watch: ModuleWatch, cards: Sequence[PresentCard]) -> Iterator[PresentCard]:
        """Cards the module does not show, in readers that they have not left: reset just now, or taken by another program."""
        shown = {card.report.reader for card in cards}  # with other certificates, perhaps: it was read anew
        occupied = [reader.name for reader in self._with_cards() if reader.exclusive or not watch.has_given_up]
        for card in self._shown[watch.module.id] if watch.module.in_readers else ():
            if card.report.reader not in shown and any(card.lies_in(name) for name in occupied):
                yield card

    def _reader_changed(self, change: ReaderChange) -> None:
        name = change.reader.name
        with self._changing:
            for watch in self._watches:
                if not watch.module.in_readers:
                    continue
                if change.kind == "card-removed":
                    self._pulled(watch, name)
                elif change.kind != "card-shared" or not self.is_settled(watch.module):
                    watch.moved()
            if (
                change.kind in {"reader-added", "reader-removed"}
                and self._readers is not None
                and self._readers.has_looked
            ):
                self._tell(ReaderEvent("reader.added" if change.kind == "reader-added" else "reader.removed", name))

    def _pulled(self, watch: ModuleWatch, reader: str) -> None:
        shown = self._shown[watch.module.id]
        watch.moved([card.serial for card in shown if card.lies_in(reader)] or [""])
        self._update(watch.module, [card for card in shown if not card.lies_in(reader)])

    def _update(self, module: Module, cards: list[PresentCard]) -> None:
        before, self._shown[module.id] = self._view, cards
        self._view = self._merged()
        arrived = self._view.keys() - before.keys() if module.looked_at else ()
        module.looked_at = True  # what lay there from the beginning did not arrive
        for identity in before.keys() - self._view.keys():
            self._tell(CardEvent("card.removed", before[identity]))
        for identity in arrived:
            self._tell(CardEvent("card.inserted", self._view[identity]))
        for identity in before.keys() & self._view.keys():
            if before[identity].report != self._view[identity].report:
                self._tell(CardEvent("card.changed", self._view[identity]))

    def _merged(self) -> dict[str, PresentCard]:
        """Each card once: of two modules that show it, the first of the policy serves it."""
        merged: dict[str, PresentCard] = {}
        for shown in self._shown.values():
            for card in shown:
                if not any(card.is_same_card(other) for other in merged.values()):
                    merged[card.identity] = card
        return merged

    def _watch_of(self, module: Module) -> ModuleWatch:
        return next(watch for watch in self._watches if watch.module is module)

    def _all_readers(self) -> list[Reader]:
        return self._readers.readers() if self._readers is not None else []

    def _with_cards(self) -> list[Reader]:
        return [reader for reader in self._all_readers() if reader.present]


def in_use() -> RpcError:
    """Another program holds the card; `process` names it where that can be seen."""
    process = holders()
    return RpcError("CARD_IN_USE", **({"process": process} if process else {}))


def _facts(name: str, card: str, *, pinpad: bool) -> dict[str, Any]:
    return {"id": "r_" + hashlib.sha256(name.encode()).hexdigest()[:16], "name": name, "pinpad": pinpad, "card": card}

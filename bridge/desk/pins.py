"""How a PIN is asked and given to a card (PIN rules 1-6): outside the browser, checked, used once, never kept.

The counter is read before the prompt and again before the card is touched, because another program may spend tries
meanwhile; at one try left no page gets a prompt; a PIN this card refused is not sent again.
"""

import hashlib
import hmac
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from bridge.card.card import CardReport
from bridge.card.errors import CardError
from bridge.desk.asking import Asking
from bridge.desk.caller import Caller
from bridge.desk.present import PresentCard
from bridge.pki.health_identity import has_health_card_subject
from bridge.prompts.pin import Pin
from bridge.prompts.requests import PinRequest, Prompter, Purpose
from bridge.protocol import RpcError


class Pins:
    """Asks for PINs. `fresh` reads what a card says of its counter, now; while logged in a module may know no better."""

    def __init__(self, asking: Asking, fresh: Callable[[PresentCard, bool], CardReport]) -> None:
        self._asking = asking
        self._fresh = fresh
        self._salt = secrets.token_bytes(16)
        self._refused: dict[str, set[bytes]] = defaultdict(set)

    @contextmanager
    def given(
        self,
        caller: Caller,
        card: PresentCard,
        purpose: Purpose,
        cancelled: threading.Event,
        *,
        last_try: bool = False,
        logged_in: bool = False,
    ) -> Iterator[bytearray | None]:
        """The PIN's octets while they are used; None while the reader's own pad asks, and the screen says for what.

        A CardError PIN_INCORRECT that leaves the block makes this PIN one that is not sent again. Raises RpcError
        PIN_LOCKED, PIN_INCORRECT for what never reaches the card, and PIN_LAST_TRY unless `last_try`, which only the person
        at this computer may choose.
        """
        tries = partial(self._with_tries, card, last_try=last_try, logged_in=logged_in)
        report = tries()
        request = pin_request(caller, report, purpose)
        if report.pinpad:
            with self._asking.question(caller, cancelled), self.pinpad_shown(request):
                yield None
        else:
            with self._ask(caller, card, request, cancelled) as pin:
                _refuse_moved(report, tries())
                with self._remembering_refusal(card, pin):
                    yield pin.octets
        self._refused.pop(card.identity, None)

    @contextmanager
    def chosen(
        self, card: PresentCard, request: PinRequest, old: bytearray, cancelled: threading.Event
    ) -> Iterator[bytearray]:
        """The octets of a new PIN, typed twice alike, that this card can have and that is not the old one.

        Raises RpcError as `given` where the card's counter moved meanwhile.
        """
        report = self._with_tries(card, last_try=False, logged_in=False)
        request = replace(request, tries=report.tries)
        while True:
            with self._asking.prompter.ask_new_pin(request, cancelled) as pin:
                error = "" if is_plausible(pin, card) else "not-plausible"
                if pin.is_same(Pin(old)):
                    error = "same-as-before"
                if not error:
                    # Minutes may have passed since the old PIN was typed, which the card has not seen yet.
                    _refuse_moved(report, self._with_tries(card, last_try=False, logged_in=False))
                    yield pin.octets
                    return
            request = replace(request, error=error)

    @contextmanager
    def pinpad_shown(self, request: PinRequest) -> Iterator[None]:
        """Say on the screen what the reader's own pad asks for."""
        over = threading.Event()
        notice = threading.Thread(target=_show_pinpad, args=(self._asking.prompter, request, over), daemon=True)
        notice.start()
        try:
            yield
        finally:
            over.set()
            notice.join()

    def _with_tries(self, card: PresentCard, *, last_try: bool, logged_in: bool) -> CardReport:
        """The card's report. Raises RpcError PIN_LOCKED and PIN_LAST_TRY."""
        report = self._fresh(card, logged_in)
        if report.pin_locked:
            raise RpcError("PIN_LOCKED")
        if report.last_try and not last_try:
            raise RpcError("PIN_LAST_TRY")
        return report

    def _ask(self, caller: Caller, card: PresentCard, request: PinRequest, cancelled: threading.Event) -> Pin:
        """A PIN that may be this card's. Raises RpcError PIN_INCORRECT for another, before it costs a try."""
        with self._asking.question(caller, cancelled):
            pin = self._asking.prompter.ask_pin(request, cancelled)
        if self._was_refused(card, pin) or not is_plausible(pin, card):
            pin.wipe()
            raise RpcError("PIN_INCORRECT", tries=request.tries)
        return pin

    def _was_refused(self, card: PresentCard, pin: Pin) -> bool:
        known = self._refused.get(card.identity, ())
        digest = self._hash(card, pin) if known else b""
        return any(hmac.compare_digest(digest, refused) for refused in known)

    @contextmanager
    def _remembering_refusal(self, card: PresentCard, pin: Pin) -> Iterator[None]:
        try:
            yield
        except CardError as error:
            if error.code == "PIN_INCORRECT":
                self._refused[card.identity].add(self._hash(card, pin))
            raise

    def _hash(self, card: PresentCard, pin: Pin) -> bytes:
        return hashlib.scrypt(pin.octets, salt=self._salt + card.identity.encode(), n=2**12, r=8, p=1)


def _refuse_moved(before: CardReport, now: CardReport) -> None:
    """Raise RpcError PIN_INCORRECT where another program just tried: the person sees the new count first."""
    if now.tries != before.tries:
        raise RpcError("PIN_INCORRECT", tries=now.tries)


def pin_request(caller: Caller, report: CardReport, purpose: Purpose) -> PinRequest:
    return PinRequest(caller.origin, report.reader, report.label, report.serial, purpose, report.tries)


def is_plausible(pin: Pin, card: PresentCard) -> bool:
    """Whether a PIN has a length and characters this card can have (CK_TOKEN_INFO; a health card's are digits)."""
    fits = card.report.shortest_pin <= len(pin) <= card.report.longest_pin and pin.is_printable()
    is_health_card = any(has_health_card_subject(key.unverified_certificate) for key in card.content.keys)
    return fits and (not is_health_card or all(octet in b"0123456789" for octet in pin.octets))


def _show_pinpad(prompter: Prompter, request: PinRequest, over: threading.Event) -> None:
    try:
        prompter.show_pinpad(request, over)
    except RpcError:
        return  # the notice was closed, or has done its work

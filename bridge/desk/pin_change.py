"""The person changes a card's PIN, or uses its last try: native only, never a PIN on the wire (PIN rules 4 and 9).

Unblocking is guidance in words alone: the unblocking code (PUK) is never typed into Pli.
"""

import threading

from bridge.desk.caller import Caller
from bridge.desk.operations import PINPAD_SECONDS, CardDesk
from bridge.desk.pins import pin_request
from bridge.desk.present import PresentCard
from bridge.prompts.requests import ConsentRequest, Purpose

_ENTRIES = 3  # on the reader's own pad: the present PIN, and the new one twice
_CHANGE = Purpose("change-pin")


def change_pin(desk: CardDesk, caller: Caller, card: PresentCard) -> None:
    """The present PIN, the new one twice, C_SetPIN; on the reader's own pad where it has one.

    Raises RpcError PIN_LOCKED, PIN_LAST_TRY, USER_CANCELLED and the like, and CardError.
    """
    turn = desk.asking.turn(caller, card.identity)
    with turn as cancelled, desk.pins.given(caller, card, _CHANGE, cancelled) as old:
        if old is None:
            desk.call(card, "change_pin", seconds=_ENTRIES * PINPAD_SECONDS, old=None, new=None)
        else:
            _change(desk, caller, card, old, cancelled)
    desk.logged_out(card)


def use_last_try(desk: CardDesk, caller: Caller, card: PresentCard) -> None:
    """Log in and out at one try left, the person having agreed twice: the right PIN gives all tries back.

    Raises as `change_pin`; PIN_LAST_TRY for a page.
    """
    with desk.asking.turn(caller, card.identity) as cancelled:
        if caller.is_person:
            _agree_twice(desk, caller, card, cancelled)
        with desk.pins.given(caller, card, Purpose("last-try"), cancelled, last_try=caller.is_person) as pin:
            desk.log_in(card, pin)
    card.module.load_anew()  # OpenSC shows the flags of before the login until it connects anew
    desk.presence.changed(card)


def _change(desk: CardDesk, caller: Caller, card: PresentCard, old: bytearray, cancelled: threading.Event) -> None:
    request = pin_request(caller, card.report, _CHANGE)
    with desk.asking.question(caller, cancelled), desk.pins.chosen(card, request, old, cancelled) as new:
        desk.call(card, "change_pin", old=old, new=new)


def _agree_twice(desk: CardDesk, caller: Caller, card: PresentCard, cancelled: threading.Event) -> None:
    for kind in ("last-try-warning", "last-try-again"):
        request = ConsentRequest(caller.origin, card.report.label, card.serial, Purpose(kind))
        desk.asking.confirm(caller, request, cancelled)

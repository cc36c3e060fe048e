"""What the running bridge does for `pli-bridge pin`: the person asks, so no page's rules apply, but the card's do."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.card.errors import CardError
from bridge.control import CommandRefused, Verb
from bridge.desk import Caller, CardDesk, PresentCard
from bridge.desk.pin_change import change_pin, use_last_try
from bridge.journal import Journal
from bridge.protocol import RpcError

_PERSON = Caller("")


def pin_verbs(desk: CardDesk, journal: Journal) -> Mapping[str, Verb]:
    """`pin-status`, `pin-change {card}`, `last-try {card}`; the last two answer `{result}`: done, or an error's name."""

    def status(_params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [_describe(desk.presence.fresh(card)) for card in desk.cards()]

    def change(params: Mapping[str, Any]) -> dict[str, str]:
        return _attempt(journal, "pin-change", "pin-changed", lambda: change_pin(desk, _PERSON, _find(desk, params)))

    def last_try(params: Mapping[str, Any]) -> dict[str, str]:
        return _attempt(journal, "last-try", "tries-back", lambda: use_last_try(desk, _PERSON, _find(desk, params)))

    return {"pin-status": status, "pin-change": change, "last-try": last_try}


def by_serial(desk: CardDesk, journal: Journal) -> Callable[[str, str], str]:
    """The same acts for a hand that names a card by its serial number: `act(verb, serial)` gives the result."""
    verbs = pin_verbs(desk, journal)

    def act(verb: str, serial: str) -> str:
        identity = next((card.identity for card in desk.cards() if card.serial == serial), "")
        result: str = verbs[verb]({"card": identity})["result"]
        return result

    return act


def _describe(card: PresentCard) -> dict[str, Any]:
    report = card.report
    shown = {"label": report.label, "reader": report.reader, "tries": report.tries, "pinpad": report.pinpad}
    return {"card": card.identity, "state": card.state, **shown}


def _find(desk: CardDesk, params: Mapping[str, Any]) -> PresentCard:
    """Raises CommandRefused."""
    for card in desk.cards():
        if card.identity == params.get("card"):
            return card
    raise CommandRefused("the card is no longer there")


def _attempt(journal: Journal, method: str, done: str, act: Callable[[], None]) -> dict[str, str]:
    result = done
    try:
        act()
    except RpcError as error:
        result = error.name
    except CardError as error:
        result = error.code
    journal.write(method, "", "ok" if result == done else result)
    return {"result": result}

"""The diagnosis report: what somebody who helps needs to know of this bridge, and nothing of the person.

Versions, system, readers, modules, models of cards, ports, the last errors. No names, serial numbers, PINs, addresses or
sites: what is not needed is not collected, and `Redaction` takes out of the rest what looks like it.
"""

import locale
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cryptography.hazmat.backends.openssl import backend

from bridge.journal import Entry
from bridge.protocol import PORTS, SUBPROTOCOL, VERSION

_LAST_ERRORS = 20
_REDACTED = "…"

# Historical bytes are not read as numbers of a card: the models below carry none.
_MODELS: Mapping[str, str] = {
    "3bac00402a001225006480000310009000": "CPx (IAS-ECC)",
}


@dataclass(frozen=True)
class CardFact:
    """A card as the report sees it."""

    atr: bytes
    state: str
    tries: int | None
    pinpad: bool
    keys: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """What goes into a report. `private` is what must not stand in it: names and numbers the bridge knows of."""

    port: int
    readers: Sequence[str]
    reader_service: str | None
    modules: Sequence[tuple[str, str, str]]
    cards: Sequence[CardFact]
    pairings: int
    journal: Iterable[Entry]
    private: Sequence[str] = ()


class Redaction:
    """Takes out of a text the given words and what looks like an address, a path of a person or a number of a thing."""

    _PATTERNS = (
        re.compile(r"\((?=[^)]*\d)[^)]{6,}\)"),  # "Gemalto PC Twin Reader (5E1A2B3C)"
        re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+"),
        re.compile(r"https?://\S+"),
        re.compile(r"(?:/home/|/Users/|C:\\Users\\)[^/\\\s]+"),
        re.compile(r"(?<![\w.])[0-9A-Fa-f]{8,}(?![\w.])"),
        re.compile(r"\d{6,}"),
    )

    def __init__(self, private: Iterable[str]) -> None:
        self._words = sorted({word for word in private if len(word) > 2}, key=len, reverse=True)  # noqa: PLR2004

    def __call__(self, text: str) -> str:
        for word in self._words:
            text = re.sub(re.escape(word), _REDACTED, text, flags=re.IGNORECASE)
        for pattern in self._PATTERNS:
            text = pattern.sub(_REDACTED, text)
        return text


def make_report(facts: Facts) -> str:
    """Lines of `name: value`, English for who helps."""
    redact = Redaction(facts.private)
    return "\n".join(_lines(facts, redact)) + "\n"


def model_of(atr: bytes) -> str:
    """The model of a card by its answer to reset; an unknown one is shown, for it is what a helper needs."""
    return _MODELS.get(atr.hex(), f"unknown model, ATR {atr.hex(' ') or 'not known'}")


def _lines(facts: Facts, redact: Redaction) -> Iterator[str]:
    yield f"Pli bridge: {VERSION}, protocol {SUBPROTOCOL}"
    yield f"Python: {platform.python_version()}, {backend.openssl_version_text()}"
    yield f"System: {platform.system()} {platform.release()} {platform.machine()}, language {_language()}"
    yield f"Port: {facts.port} of {PORTS.start}-{PORTS.stop - 1}"
    yield f"Paired pages: {facts.pairings}"
    yield f"PC/SC: {facts.reader_service or 'not needed'}"
    yield from (f"Reader: {redact(name)}" for name in facts.readers)
    yield from (f"Module {redact(id_)}: {state}, {redact(library)}" for id_, library, state in facts.modules)
    yield from (_card(card) for card in facts.cards)
    yield from (_error(entry) for entry in last_errors(facts.journal))


def _card(card: CardFact) -> str:
    tries = "unknown" if card.tries is None else card.tries
    pad = ", PIN pad" if card.pinpad else ""
    return f"Card: {model_of(card.atr)}, {card.state}, tries {tries}{pad}, keys: {', '.join(card.keys) or 'none'}"


def _error(entry: Entry) -> str:
    """Time, method and the error's name: the site and the key stay here."""
    return f"Error: {entry.time[:19]}Z {entry.method} {entry.result}"


def last_errors(journal: Iterable[Entry]) -> list[Entry]:
    """The newest errors, the newest first."""
    errors = [entry for entry in journal if entry.result != "ok"]
    return list(islice(reversed(errors), _LAST_ERRORS))


def _language() -> str:
    return (locale.getlocale()[0] or "none").split(".")[0]


def words_of(values: Iterable[Any]) -> Iterator[str]:
    """Every value as a private word, and its parts: a label "CPS Alice MARTIN" hides "Alice" and "MARTIN" too."""
    for value in filter(None, map(str, values)):
        yield value
        yield from (part for part in re.split(r"[\s,;()@.]+", value) if len(part) > 3)  # noqa: PLR2004

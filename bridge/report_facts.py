"""Collects what a diagnosis report is made of from the running bridge, and every word that must not stand in it."""

import getpass
import platform
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from bridge.card.errors import CardError
from bridge.desk import CardDesk, PresentCard
from bridge.journal import read_journal
from bridge.report import CardFact, Facts, words_of


def collect(desk: CardDesk, state: Path, port: int, pairings: int) -> Facts:
    """Asks every module what lies on the desk; a module that fails is in the report by its state."""
    try:
        cards = desk.cards()
    except CardError:
        cards = []
    return Facts(
        port=port,
        readers=[reader["name"] for reader in desk.readers()],
        reader_service=desk.reader_service(),
        modules=[(module.id, Path(module.argument).name, module.state) for module in desk.modules],
        cards=[_fact(desk, card) for card in cards],
        pairings=pairings,
        journal=read_journal(state),
        private=list(words_of(_private(cards))),
    )


def _fact(desk: CardDesk, card: PresentCard) -> CardFact:
    keys = [f"{key.use} {'/'.join(key.algorithms)}" for key in card.content.keys]
    return CardFact(desk.presence.atr_of(card), card.state, card.report.tries, card.report.pinpad, keys)


def _private(cards: list[PresentCard]) -> Iterator[str]:
    yield from (_user_name(), platform.node())
    for card in cards:
        yield from (card.serial, card.report.label)
        for key in card.content.keys:
            yield from _names(key.unverified_certificate)


def _names(certificate: x509.Certificate) -> Iterator[str]:
    yield from (str(attribute.value) for attribute in certificate.subject)
    yield f"{certificate.serial_number:x}"


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""

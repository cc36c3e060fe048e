"""The cells that go through the real page: a running practice, Chromium, LMTP in and the outgoing folder out."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from card_part import verify_card_part
from cells import PEERS as PROGRAMS
from cells import PLI, Cell, Refusal
from desk import ENCRYPTED, OPENING, Desk
from exchange import (
    ALICE,
    EMMA,
    EMMA_AT_DESK,
    OUTSIDER,
    Outgoing,
    certificate_of,
    deliver,
    expect_content,
    expect_opened,
    expect_read,
    health_roots,
    send_in,
)
from forms import FLOOR, Form
from layers import CmsTool
from openssl_letters import P384_FORMS, RSA_FORMS, Letter
from openssl_letters import Form as Options
from openssl_peer import OpenSsl
from passkey import open_account, plug_in
from peer import Commission, Correspondent, Peer, PeerRefused
from peers import PEERS
from playwright.sync_api import Browser
from practice import Practice

_BY_CARD, _BY_PASSKEY = "card and mailbox signature", "mailbox signature of a passkey person"
_WITH_P384 = "text to RSA and P-384 recipients"


@dataclass(frozen=True)
class Draft:
    """A letter that somebody writes in Chromium to Denis."""

    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    attachment: str = ""
    signed: str = _BY_CARD

    def __str__(self) -> str:
        return f"{self.name}, {self.signed}"


BY_ALICE = (
    Draft("text", (OUTSIDER,), "Avis demandé", "Bonjour Denis,\n\nÀ bientôt, l’œdème a disparu.\n"),
    Draft("attachment", (OUTSIDER,), "Bilan d’été", "Ci-joint le bilan.\n", "bilan été.txt"),
    Draft(_WITH_P384, (OUTSIDER, EMMA_AT_DESK.address), "À vous deux", "Même lettre, deux sortes de clés.\n"),
)
BY_CHLOE = (Draft("text", (OUTSIDER,), "Sans carte", "Le courrier est prêt.\n", signed=_BY_PASSKEY),)
CMS_TOOLS = {"OpenSSL", "NSS", "NSS of Thunderbird", "gpgsm"}
"""Programs that can be given the card's part by itself."""
CHLOE = "chloe.petit@pli.example"
REFUSALS = {
    "NSS": Refusal(("NSS",), "reads", lambda _: True, "SEC_ERROR_BAD_DER", "this version decodes no ECDH recipient"),
    "s-nail": Refusal(("s-nail",), "reads", lambda _: True, "wrong tag", "it knows PKCS#7 only, without key agreement"),
}
"""Of the letter to two recipients of whom one has an EC key."""


@dataclass(frozen=True)
class PageCell:
    """One question of the page; `ask` returns what was seen, or raises."""

    cell: Cell
    ask: Callable[[], str]
    refusal: Refusal | None = None


def identities(names: Sequence[str]) -> list[Cell]:
    """Every cell of these peers, without asking any."""
    incoming = [("OpenSSL", _describe(letter)) for letter in (*FOR_ALICE, *FOR_EMMA)]
    incoming += [(name, _ANSWER) for name in _WRITERS]
    incoming += [(name, _adopted(kind)) for name, kind in _STRANGERS.items()]
    outgoing = [(name, str(draft)) for draft in (*BY_ALICE, *BY_CHLOE) for name in PROGRAMS]
    outgoing += [(name, _card_part(draft)) for draft in BY_ALICE for name in CMS_TOOLS]
    outgoing += [(PLI, _TO_P384)]
    found = [Cell(name, "writes", what, "page") for name, what in incoming]
    found += [Cell(name, "reads", what, "page") for name, what in outgoing]
    return [cell for cell in found if cell.peer in names]


_WRITERS = [name for name in PROGRAMS if name not in {"OpenSSL", "notmuch"}]
_ANSWER = "an answer, detached, RSA v1.5, AES-CBC"
_TO_P384 = "ECDH P-384, card and mailbox signature"


_STRANGERS = {"OpenSSL": "p-256", "s-nail": "p-384"}
"""Who are not in the directory: their certificates come with their signed letters."""


def _adopted(kind: str) -> str:
    return f"signed letter of a stranger, whose {kind.upper()} certificate is adopted and answered"


def _card_part(draft: Draft) -> str:
    return f"{draft.name}, the card's part with the health CA alone"


def _letters(forms: tuple[Options, ...]) -> Iterator[Letter]:
    """Each form opaque and detached, then one form of each with its text altered."""
    for number, form in enumerate(forms):
        for detached in (False, True):
            yield Letter(form, detached, f"Essai {number}{'d' if detached else 'o'} {form.name}")
    for detached in (False, True):
        yield Letter(forms[0], detached, f"Essai x{'d' if detached else 'o'} altéré", altered=True)


FOR_ALICE, FOR_EMMA = tuple(_letters(RSA_FORMS)), tuple(_letters(P384_FORMS))


def _describe(letter: Letter) -> str:
    kind = "detached" if letter.detached else "opaque"
    return f"{letter.form.name}, {kind}{', altered' if letter.altered else ''}"


@dataclass(frozen=True)
class Page:
    """The desks of a practice, and the peers at the other end."""

    practice: Practice
    browser: Browser
    peers: Mapping[str, Peer]
    people: Mapping[str, Correspondent]
    data: Path

    @property
    def denis(self) -> Correspondent:
        return self.people["rsa"]

    def cells(self) -> Iterator[PageCell]:
        alice = self._at_desk("alice", "alice")
        emma = self._at_desk(EMMA_AT_DESK.name, EMMA.name)
        if "OpenSSL" in self.peers:
            yield from self._incoming(alice, ALICE, FOR_ALICE)
            yield from self._incoming(emma, EMMA_AT_DESK.address, FOR_EMMA)
        yield from self._answers(alice)
        for name, kind in _STRANGERS.items():
            if name in self.peers:
                ask = partial(self._expect_adopted, alice, self.peers[name], self.people[kind])
                yield PageCell(Cell(name, "writes", _adopted(kind), "page"), ask)
        for draft in BY_ALICE:
            yield from self._outgoing_cells(alice, draft)
        ask = partial(_expect_p384_reads, emma)
        yield PageCell(Cell(PLI, "reads", _TO_P384, "page"), ask)
        chloe = self._with_passkey()
        for draft in BY_CHLOE:
            yield from self._outgoing_cells(chloe, draft)

    def _at_desk(self, place: str, card: str) -> Desk:
        desk = self._sit_down(place)
        desk.choose_card(card)
        desk.page.locator(".grid, .empty").first.wait_for(timeout=OPENING)
        return desk

    def _with_passkey(self) -> Desk:
        """Chloé opens her account in the page; Emma's bridge sits at the same desk and is not asked."""
        desk = self._sit_down("chloe")
        plug_in(desk)
        open_account(desk, "Chloé Petit", CHLOE)
        return desk

    def _sit_down(self, place: str) -> Desk:
        context = self.browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(20_000)
        return Desk(context.new_page(), self.practice.places.origin(place))

    def _incoming(self, desk: Desk, address: str, letters: Sequence[Letter]) -> Iterator[PageCell]:
        deliver(self.practice, address, letters)
        for letter in letters:
            cell = Cell("OpenSSL", "writes", _describe(letter), "page")
            yield PageCell(cell, partial(expect_read, desk, letter))

    def _answers(self, desk: Desk) -> Iterator[PageCell]:
        for name in _WRITERS:
            if name in self.peers:
                ask = partial(self._expect_answer, desk, self.peers[name])
                yield PageCell(Cell(name, "writes", _ANSWER, "page"), ask)

    def _expect_answer(self, desk: Desk, peer: Peer) -> str:
        """The peer writes to Alice's mailbox certificate; her page opens it."""
        subject, text = f"Réponse par {peer.name}", f"Bien reçu, écrit par {peer.name}."
        certificate, chain = certificate_of(self.practice, ALICE), self.denis.intermediates[1]
        letter = Commission(Form("detached", *FLOOR, ""), self.denis, ALICE, certificate, chain, subject, text)
        send_in(self.practice, ALICE, peer.write(letter))
        return expect_opened(desk, subject, text, "S1b")

    def _expect_adopted(self, desk: Desk, peer: Peer, stranger: Correspondent) -> str:
        """A signed letter is all that is known of its sender; the answer is encrypted to the certificate in it."""
        subject, text = f"Me voici par {peer.name}", f"Écrit par {peer.name}."
        certificate, chain = certificate_of(self.practice, ALICE), stranger.intermediates[1]
        form = Form("signed detached", encoding="", signer=stranger.kind)
        letter = Commission(form, stranger, ALICE, certificate, chain, subject, text)
        send_in(self.practice, ALICE, peer.write(letter))
        seen = expect_opened(desk, subject, text, "S1b", stranger.folder.name.capitalize())
        outgoing = Outgoing(self.practice)
        desk.write([stranger.address], "Bien reçu", "Votre certificat convient.")
        desk.page.locator("[data-action=adopt]").click()
        desk.send()
        opened = OpenSsl(self.data / "stranger", [stranger]).read(outgoing.next())
        expect_content(opened.content, "Bien reçu", "Votre certificat convient.")
        return f"{seen}; answered"

    def _outgoing_cells(self, desk: Desk, draft: Draft) -> Iterator[PageCell]:
        folder = self.data / draft.signed / draft.name
        folder.mkdir(parents=True)
        files = [_attachment(folder, draft.attachment)] if draft.attachment else []
        outgoing = Outgoing(self.practice)
        desk.write(draft.to, draft.subject, draft.text, files)
        desk.send()
        wire = outgoing.next()
        for name, peer in self.peers.items():
            ask = partial(_expect_peer_reads, peer, wire, draft, files)
            refusal = REFUSALS.get(name) if draft.name == _WITH_P384 else None
            yield PageCell(Cell(name, "reads", str(draft), "page"), ask, refusal)
        if draft.signed == _BY_CARD:
            for name in [name for name in self.peers if name in CMS_TOOLS]:
                cell = Cell(name, "reads", _card_part(draft), "page")
                yield PageCell(cell, partial(self._expect_card_part, name, wire))

    def _expect_card_part(self, name: str, wire: bytes) -> str:
        """By the program with a new profile that trusts the health root alone and knows no other authority."""
        reader = replace(self.denis, roots=health_roots(self.practice), intermediates=())
        openssl = OpenSsl(self.data / "openssl", [self.denis])
        with PEERS[name](Path(tempfile.mkdtemp(dir=self.data)), [reader]) as tool:
            assert isinstance(tool, CmsTool)
            return verify_card_part(openssl.inside(wire), tool)


def _expect_peer_reads(peer: Peer, wire: bytes, draft: Draft, files: list[Path]) -> str:
    reading = peer.read(wire)
    if (reading.encrypted, reading.signed) != (True, True):
        raise PeerRefused(f"it shows encrypted {reading.encrypted}, signed {reading.signed}")
    if reading.whole:
        expect_content(reading.content, draft.subject, draft.text, files)
    elif _words(draft.text) not in _words(reading.content.decode()):
        raise AssertionError(f"another text: {reading.content.decode()!r:.300}")
    elif reading.attachments is not None and list(reading.attachments) != [file.name for file in files]:
        raise AssertionError(f"other attachments: {reading.attachments}")
    return "opened, good signature"


def _words(text: str) -> str:
    return " ".join(text.split())


def _expect_p384_reads(desk: Desk) -> str:
    """What Pli itself encrypts to a P-384 mailbox."""
    draft = BY_ALICE[-1]
    desk.wait_for_row(ENCRYPTED)
    letter = desk.open(ENCRYPTED)
    if (letter.subject, letter.text.strip(), letter.state) != (draft.subject, draft.text.strip(), "S1"):
        raise AssertionError(f"{letter.state} {letter.subject!r} {letter.text!r}")
    return f"{letter.state} {letter.signature.splitlines()[0]}"


def _attachment(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text("Glycémie 7,4 mmol/l\n" * 50, "utf-8")
    return file

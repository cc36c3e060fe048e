"""The shared mailboxes of the sample practice: a ward of four, a locum for five minutes more, and a secretary with letters to sign."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from bridge.pki.health_identity import luhn_digit
from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SampleCard, SamplePki, write_card
from webmail.management.demo import letters, prepared
from webmail.management.demo.colleague import Colleague, HeldMailbox, granted
from webmail.management.demo.headless_page import HeadlessPage
from webmail.management.demo.places import Places
from webmail.management.demo.practice import COLLEAGUES, PRACTITIONERS, SamplePerson

WARD = "service.medecine@pli.example"
LOCUM_LEFT = timedelta(minutes=5)
_ALICE, _BOB = PRACTITIONERS
_INES, _SAMI, _LEA = COLLEAGUES
_TITLES = {_INES.name: "Médecin", _SAMI.name: "Infirmier", _LEA.name: "Assistant médical"}
_FIRST_NUMBER = 9990000505


def issue_cards(places: Places, pki: SamplePki) -> None:
    """The colleagues' cards, as those of the made-up health PKI."""
    for place, person in enumerate(COLLEAGUES):
        given, _, family = person.shown.removeprefix("Dr ").partition(" ")
        ten = str(_FIRST_NUMBER + 101 * place)
        card = SampleCard(
            person.name,
            given,
            family,
            ten + luhn_digit(ten),
            person.pin,
            "standard",
            person.card_serial,
            _TITLES[person.name],
        )
        write_card(places.pki / "cards" / card.name, card, pki.branches["standard"].issuing, utc_now())


def share(places: Places, bridge_port: int) -> None:
    """Everybody comes by once: accounts are opened, rights given, and the ward gets its first letters."""
    with _everybody(places, bridge_port) as (people, own):
        begins = utc_now() - timedelta(minutes=1)
        ward = people[_ALICE.name].open_service("ORG", WARD)
        ward.grant(_to(ward, people, _BOB, "manager", begins))
        ward.grant(*(_to(ward, people, one, "sender", begins) for one in (_INES, _SAMI)))
        fortnight = utc_now() + LOCUM_LEFT - timedelta(days=14)
        locum = _to(own[_BOB.name], people, _INES, "sender", fortnight, fortnight + timedelta(days=14))
        own[_BOB.name].grant(locum, profile="replacement")
        own[_ALICE.name].grant(_to(own[_ALICE.name], people, _LEA, "reader", begins), profile="secretary")
        prepare_letters(people[_LEA.name])
        arrived = [bytes(letter) for letter in letters.ward_letters(WARD)]
        letters.deliver(places.lmtp_port, "accueil@msp.example", WARD, arrived)
        hand_out(ward, people[_BOB.name])


def hand_out(ward: HeldMailbox, colleague: Colleague) -> None:
    """One letter of the ward is done, and the newest is its owner's; the others wait for somebody."""
    newest, *_, oldest = (message["id"] for message in ward.messages())
    owner = next(one["id"] for one in ward.jmap.call("Work/get", ids=[newest])["people"] if one["isMe"])
    said = {newest: {"assignedTo": owner}, oldest: {"done": True}}
    colleague.open(WARD).jmap.call("Work/set", update=said)


def prepare_letters(secretary: Colleague) -> None:
    """What Dr Martin finds to sign."""
    book = secretary.open(_ALICE.address)
    for letter in prepared.letters_to_sign(_INES, _SAMI):
        prepared.prepare(book, letter)


@contextmanager
def _everybody(places: Places, port: int) -> Iterator[tuple[dict[str, Colleague], dict[str, HeldMailbox]]]:
    """Pages of all, logged in, each with the own mailbox open."""
    with ExitStack() as stack:
        people = {
            person.name: Colleague.log_in(
                stack.enter_context(HeadlessPage(places.origin(person.name), port)), person.shown.removeprefix("Dr ")
            )
            for person in (*PRACTITIONERS, *COLLEAGUES)
        }
        own = {person.name: people[person.name].open_account(person.address) for person in COLLEAGUES}
        for person in PRACTITIONERS:
            people[person.name].prove_card()
            own[person.name] = people[person.name].open(person.address)
        yield people, own


def _to(
    mailbox: HeldMailbox, people: dict[str, Colleague], person: SamplePerson, role: str, *dates: Any
) -> dict[str, Any]:
    """A right for a colleague whose card has proved itself."""
    card = mailbox.card_of(reference=people[person.name].reference)
    if card is None:
        raise RuntimeError(f"no card of {person.name}")
    return granted(card, role, *dates)

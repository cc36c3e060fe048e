"""A replacement of fourteen days, a Saturday on duty, and a ward of twelve that one joins and one leaves: each with an own card.

Every one begins, reaches as far as its owner said, answers or only reads, and ends; then new mail stays closed, and the owner sees
who read what.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from delegating import (
    ENDING,
    Access,
    account,
    clock_back,
    come_back,
    end_access,
    end_on,
    give_access,
    local,
    member,
    readings,
    switch,
)
from desk import ENCRYPTED, OPENING, Desk, at_desks
from gallery import Gallery
from playwright.sync_api import Browser, expect
from test_accessibility import inspect

from bridge.pki.issue import utc_now
from tests.scenarios.clinic import WARD, Clinic, open_clinic
from webmail.management.demo.colleague import HeldMailbox, granted

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.capability("CO16")]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OWNER, *MEMBERS = WARD
LEAVER, JOINER = "sven", "lily"
SERVICE = "service@pli.example"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Thirteen people, each with a card of the own on the one table."""
    with open_clinic(tmp_path_factory.mktemp("clinic"), (*WARD, JOINER)) as clinic:
        yield clinic


@dataclass
class Desks:
    """Whoever comes to work, each in a browser of the own."""

    clinic: Clinic
    chromium: Browser

    @contextmanager
    def of(self, name: str) -> Iterator[Desk]:
        self.clinic.colleague(name)
        with at_desks(self.chromium, self.clinic.places, name) as [desk]:
            desk.ask_often().choose_card(name, f"CPS {self.clinic.cards[name].serial}")
            desk.page.locator(".grid, pli-list .empty").first.wait_for(timeout=OPENING)
            yield desk


@pytest.fixture
def desks(clinic: Clinic, chromium: Browser) -> Desks:
    return Desks(clinic, chromium)


@dataclass(frozen=True)
class Script:
    """One delegation. Its steps: access that has not begun, access that has, its end by itself, and the change of key."""

    owner: str
    delegate: str
    steps: tuple["Step", "Step", "Step", "Step"]
    folders: tuple[str, ...]
    reads: tuple[str, ...]
    answers: bool
    acting: str
    through: str


@dataclass
class Pair:
    """The two people of a script at their desks."""

    owner: Desk
    delegate: Desk
    mailbox: HeldMailbox
    number: str
    script: Script
    asked: Callable[[str], list[str]]  # by the card program so far: pin or confirm


Step = Callable[[Pair], None]


def roster(pair: Pair, *slots: tuple[datetime, datetime]) -> str:
    lines = (f"{pair.number},{local(pair.owner.page, start)},{local(pair.owner.page, end)}" for start, end in slots)
    return "\n".join(["rpps,start,end", *lines])


LOCUM = Access("replacement", "oma", role="sender", reach="folders", folders=("Réception",))


def nobody_is_found_and_that_is_said(desk: Desk) -> None:
    page = desk.page
    page.locator("[data-place=members]").click()
    page.locator("[data-action=delegate]").click()
    page.locator("input[name=search]").fill("Personne Decenom")
    expect(page.locator(".found-nobody")).to_contain_text("« Personne Decenom »")
    page.locator("input[name=search]").fill("")
    expect(page.locator(".found-nobody")).to_be_empty()
    page.locator("form.delegation .place-head button").click()


def locum_of_tomorrow(pair: Pair) -> None:
    nobody_is_found_and_that_is_said(pair.owner)
    give_access(pair.owner, replace(LOCUM, begins=utc_now() + DAY, ends=utc_now() + 15 * DAY))


def locum_since_thirteen_days(pair: Pair) -> None:
    """The page proposes fourteen days; the one of tomorrow was a mistake."""
    end_access(pair.owner, pair.number)
    with clock_back(pair.owner.page, 13 * DAY):
        give_access(pair.owner, LOCUM)


def locum_ends_by_itself(pair: Pair) -> None:
    """A day early; nobody does anything when the moment comes."""
    end_on(pair.owner, pair.number, utc_now() + timedelta(seconds=5))


def duty_on_saturday(pair: Pair) -> None:
    saturday = utc_now() + (5 - utc_now().weekday()) % 7 * DAY + 7 * DAY
    give_access(pair.owner, Access("duty", role="reader", roster=roster(pair, (saturday, saturday + 8 * HOUR))))


def duty_now(pair: Pair) -> None:
    slot = utc_now() - HOUR, utc_now() + 6 * HOUR
    give_access(pair.owner, Access("duty", role="reader", roster=roster(pair, slot)))


def duty_ends_with_its_slot(pair: Pair) -> None:
    """Without the roster at once; and by the next one when the slot is over, although the right lasts until Saturday."""
    member(pair.owner, pair.number)
    pair.owner.page.locator("[data-action=remove-roster]").first.click()
    expect(account(pair.delegate, pair.mailbox.address)).to_have_count(0, timeout=ENDING)
    slot = utc_now() - HOUR, utc_now() + timedelta(seconds=5)
    give_access(pair.owner, Access("duty", role="reader", roster=roster(pair, slot)))
    come_back(pair.delegate)


def comes_back_to_a_new_key(pair: Pair) -> None:
    """The first opening after that date changes it, and asks nobody."""
    come_back(pair.owner)


def ends_by_hand(pair: Pair) -> None:
    end_access(pair.owner, pair.number)


SCRIPTS = {
    "fourteen days of a locum": Script(
        "nina",
        "omar",
        (locum_of_tomorrow, locum_since_thirteen_days, locum_ends_by_itself, comes_back_to_a_new_key),
        folders=("Réception", "Brouillons", "Envoyés"),  # what he writes is kept in the latter two
        reads=("Avant", "Pendant"),
        answers=True,
        acting="Vous répondez en tant que Omar ESSAI pour Nina ESSAI.",
        through="en remplacement, pour Nina ESSAI",
    ),
    "a Saturday on duty": Script(
        "rita",
        "walt",
        (duty_on_saturday, duty_now, duty_ends_with_its_slot, ends_by_hand),
        folders=("Réception", "Brouillons", "Envoyés", "Archives", "Indésirables", "Supprimés"),
        reads=("Avant", "Pendant"),
        answers=False,
        acting="Vous lisez pour Rita ESSAI et préparez des lettres à signer.",
        through="de garde, pour Rita ESSAI",
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_delegation_from_its_first_day_to_its_last(
    clinic: Clinic, desks: Desks, pictures: Gallery, name: str
) -> None:
    script = SCRIPTS[name]
    early, begin, end, close = script.steps
    mailbox = clinic.mailbox(script.owner)
    with desks.of(script.owner) as owner, desks.of(script.delegate) as delegate:
        pair = Pair(owner, delegate, mailbox, clinic.number(script.delegate), script, clinic.prompts)
        clinic.deliver(mailbox.address, "Rangé")
        owner.open("Rangé")
        owner.page.locator("[data-command=archive]").click()
        clinic.deliver(mailbox.address, "Avant")
        early(pair)
        it_has_not_begun(pair)
        begin(pair)
        assert pair.number in clinic.prompts("confirm")[-1]
        clinic.deliver(mailbox.address, "Pendant")
        found = the_delegate_reads(pair)
        pictures.shoot(delegate.page, f"{script.delegate}-reads")
        epoch = mailbox.messages()[0]["epoch"]
        end(pair)
        it_is_over(pair)
        close(pair)
        expect(member(owner, pair.number)).to_have_count(0, timeout=ENDING)
        clinic.deliver(mailbox.address, "Après")
        assert mailbox.messages()[0]["epoch"] > epoch
        found += the_owner_alone_goes_on(pair)
        pictures.shoot(owner.page, f"{script.delegate}-read")
        assert (found, owner.complaints) == ([], [])


def it_has_not_begun(pair: Pair) -> None:
    expect(member(pair.owner, pair.number)).to_contain_text("Pas encore commencé", timeout=OPENING)
    come_back(pair.delegate)
    expect(account(pair.delegate, pair.mailbox.address)).to_have_count(0)


def the_delegate_reads(pair: Pair) -> list[str]:
    """Both what was there and what comes, in the folders that were given and in no other."""
    desk, script = pair.delegate, pair.script
    come_back(desk)
    pins = pair.asked("pin")
    switch(desk, pair.mailbox.address)
    assert pair.asked("pin") == pins, "the same card opens the next mailbox without its PIN"
    expect(desk.page.locator(".banners > .acting")).to_have_text(script.acting)
    for subject in script.reads:
        desk.wait_for_row(subject)
        assert f"Le texte de {subject}." in desk.open(subject).text
    assert desk.page.locator(".folders-pane .folder[data-role] .folder-name").all_inner_texts() == [*script.folders]
    found = inspect(desk.page, "the mailbox of a colleague")
    (it_is_answered if script.answers else nothing_is_sent)(pair)
    return found


def it_is_answered(pair: Pair) -> None:
    """Under the delegate's own signature, for the mailbox: here to the delegate, who sees it as anybody would."""
    desk, own = pair.delegate, f"{pair.script.delegate}@pli.example"
    desk.write([own], "Relève", "Tout est calme.")
    expect(desk.page.locator(".composer-form > .acting")).to_be_visible()
    desk.send()
    switch(desk, own)
    desk.wait_for_row(ENCRYPTED)
    letter = desk.open(ENCRYPTED)
    assert letter.state == "S2"
    assert f"pour {pair.mailbox.address}" in letter.signature
    switch(desk, pair.mailbox.address)


def nothing_is_sent(pair: Pair) -> None:
    """Who only reads prepares what the owner signs."""
    page = pair.delegate.page
    page.locator("[data-action=compose]").click()
    expect(page.locator("textarea.composer-text")).to_be_visible()
    expect(page.locator("[data-action=send]")).to_have_text("À signer par Rita ESSAI")
    page.locator("[data-action=discard]").click()


def it_is_over(pair: Pair) -> None:
    """By a rule of the server already, before there is a new key."""
    expect(account(pair.delegate, pair.mailbox.address)).to_have_count(0, timeout=ENDING)
    expect(pair.delegate.page.locator(".row", has_text="Avant")).to_have_count(0)


def the_owner_alone_goes_on(pair: Pair) -> list[str]:
    owner, delegate = pair.owner, pair.delegate
    owner.page.locator(".folder[data-role=inbox]").click()
    owner.wait_for_row("Après")
    assert "Le texte de Après." in owner.open("Après").text
    come_back(delegate)
    expect(account(delegate, pair.mailbox.address)).to_have_count(0)
    expect(delegate.page.locator(".row", has_text="Après")).to_have_count(0)
    read = readings(owner, f"{pair.script.delegate.title()} ESSAI")
    assert set(read) == set(pair.script.reads)
    assert all(how.startswith(pair.script.through) for how in read.values()), read
    return inspect(owner.page, "who has read")


@pytest.fixture(scope="module")
def service(clinic: Clinic) -> HeldMailbox:
    """The ward's inbox: eleven colleagues came in by one act, and one letter."""
    for name in (*WARD, JOINER):
        clinic.colleague(name)
    service = clinic.colleague(OWNER).open_service("ORG", SERVICE)
    begins = utc_now() - timedelta(minutes=1)
    cards = [service.card_of(rppsNumber=clinic.number(name)) for name in MEMBERS]
    service.grant(*(granted(card, "sender", begins) for card in cards if card))
    clinic.deliver(SERVICE, "La première")
    return service


def at_the_ward(desk: Desk, *subjects: str) -> None:
    """Open these letters in the inbox of the ward."""
    if account(desk, SERVICE).get_attribute("aria-current") != "true":
        switch(desk, SERVICE)
    desk.page.locator(".folder[data-role=inbox]").click()
    for subject in subjects:
        desk.wait_for_row(subject)
        assert f"Le texte de {subject}." in desk.open(subject).text


@pytest.mark.parametrize("name", MEMBERS)
def test_everybody_in_a_ward_of_twelve_reads_with_an_own_card(
    clinic: Clinic, desks: Desks, service: HeldMailbox, name: str
) -> None:
    with desks.of(name) as desk:
        at_the_ward(desk, "La première")
        acting = desk.page.locator(".banners > .acting")
        expect(acting).to_have_text(f"Vous répondez en tant que {name.title()} ESSAI pour Service.")
    opened = service.jmap.call("AccessEvent/query", filter={"acts": ["opened"]})["list"]
    assert clinic.number(name) in {line["rppsNumber"] for line in opened}


def test_one_joins_the_ward_and_one_leaves(
    clinic: Clinic, desks: Desks, service: HeldMailbox, pictures: Gallery
) -> None:
    with desks.of(OWNER) as owner, desks.of(LEAVER) as leaver:
        at_the_ward(leaver, "La première")
        at_the_ward(owner)
        give_access(owner, Access("member", JOINER[:3], role="reader", reach="now", ends=utc_now() + 30 * DAY))
        expect(member(owner, clinic.number(JOINER))).to_contain_text("Lit seulement", timeout=OPENING)
        clinic.deliver(SERVICE, "La deuxième")
        at_the_ward(leaver, "La deuxième")
        with desks.of(JOINER) as joiner:
            at_the_ward(joiner, "La deuxième")
            expect(joiner.page.locator(".row", has_text="La première")).to_have_count(0)
            joiner.page.locator("[data-action=compose]").click()
            expect(joiner.page.locator(".toast")).to_contain_text("Répondre ne fait pas partie de votre accès")
            expect(joiner.page.locator("pli-composer")).to_have_count(0)
            epoch = service.messages()[0]["epoch"]
            end_access(owner, clinic.number(LEAVER))
            expect(owner.page.locator("article.member[data-person]")).to_have_count(12)
            pictures.shoot(owner.page, "ward-members")
            found = inspect(owner.page, "the members of a ward")
            expect(account(leaver, SERVICE)).to_have_count(0, timeout=ENDING)
            clinic.deliver(SERVICE, "La troisième")
            assert service.messages()[0]["epoch"] > epoch
            at_the_ward(joiner, "La troisième")
        at_the_ward(owner, "La troisième")
        come_back(leaver)
        expect(account(leaver, SERVICE)).to_have_count(0)
        assert set(readings(owner, "Sven ESSAI")) == {"La première", "La deuxième"}
        assert set(readings(owner, "Lily ESSAI")) == {"La deuxième", "La troisième"}
        pictures.shoot(owner.page, "ward-read")
        assert (found, owner.complaints) == ([], [])

"""A ward of twelve: they come in by one act; one joins later, one sees only what came after him, one leaves and opens nothing more."""

import shutil
from base64 import b64decode
from datetime import timedelta

import pytest

from bridge.cms.binding import Binding
from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from tests.scenarios.stolen import Database, card_keys, keyring, opens
from webmail.management.demo.colleague import granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
OWNER, *REST = ("nina", "omar", "paul", "rita", "sven", "tara", "ugo", "vera", "walt", "xena", "bruno", "wanda")
LATE, NEW = "yves", "zoe"
LEAVER = "sven"


@pytest.fixture(scope="module")
def ward(clinic):
    """The service inbox as its owner sees it, with eleven colleagues in it and one letter."""
    for name in REST:
        clinic.colleague(name)
    ward = clinic.colleague(OWNER).open_service("ORG", "service@pli.example")
    begins = utc_now() - timedelta(minutes=1)
    asked = len(clinic.prompts("confirm"))
    ward.grant(*(granted(ward.card_of(rppsNumber=clinic.number(name)), "sender", begins) for name in REST))
    assert all(clinic.number(name) in "\n".join(clinic.prompts("confirm")[asked:]) for name in REST)
    clinic.deliver(ward.address, "La première")
    return ward


@pytest.fixture(scope="module")
def kept(clinic, ward):
    """Everything that the leaver holds on his last day: keys, a copy of the database, and the handle of his open mailbox."""
    mailbox = clinic.colleague(LEAVER).open(ward.address)
    found = mailbox.material()
    bindings = [Binding.from_der(b64decode(one)) for one in mailbox.evidence(found)["bindings"]]
    spkis = {one.epoch: (one.encryption_spki, one.signature_spki) for one in bindings}
    card = card_keys(clinic.places.pki / "cards" / LEAVER, clinic.cards[LEAVER].pin)
    [history] = [key["history"] for key in found["keys"] if key["state"] == "current"]
    ring = keyring([b64decode(one["grant"]) for one in found["grants"]], history and b64decode(history), spkis, card)
    return mailbox, ring, card


def database(clinic, tmp_path) -> Database:
    """The server's, as somebody who stole it has it."""
    for file in clinic.places.server.glob("*.sqlite3*"):
        shutil.copy(file, tmp_path / file.name)
    [file] = tmp_path.glob("*.sqlite3")
    return Database(file)


def test_everybody_reads_what_came(clinic, ward):
    numbers = {clinic.number(name) for name in (OWNER, *REST)}
    assert {member["idValue"] for member in ward.active()} == numbers
    assert len(numbers) == 12
    read = {name: subjects(clinic.here[name].open(ward.address)) for name in REST}
    assert set(map(tuple, read.values())) == {("La première",)}


def test_the_leaver_reads_everything_until_he_leaves(clinic, ward, kept, tmp_path):
    """Or what follows would prove nothing."""
    mailbox, ring, card = kept
    assert subjects(mailbox) == ["La première"]
    found = set(opens(database(clinic, tmp_path), ward.id, ring, card))
    assert {("pli-message", 1), ("pli-summary", 1), ("grant", 1)} <= found


@pytest.mark.capability("CO16")
@pytest.mark.negative(14)
def test_the_leaver_opens_nothing_of_what_comes_after(clinic, ward, kept, tmp_path):
    mailbox, ring, card = kept
    ward.end(ward.member(clinic.number(LEAVER))["bodyHash"])
    with pytest.raises(PageError):
        mailbox.messages()
    with pytest.raises(PageError):
        clinic.here[LEAVER].open(ward.address)
    assert ward.membership()["keyChangeDue"]
    ward.rotate()
    assert not ward.membership()["keyChangeDue"]
    clinic.deliver(ward.address, "La deuxième")
    stolen = database(clinic, tmp_path)
    assert {epoch for _, epoch in opens(stolen, ward.id, ring, card)} == {1}
    assert {
        epoch for epoch, _ in stolen.rows("select epoch, grant from webmail_grant where account_id = ?", ward.id)
    } == {2}
    assert subjects(clinic.here["rita"].open(ward.address)) == ["La deuxième", "La première"]


@pytest.mark.negative(13)
def test_joiners_read_as_much_as_they_were_given(clinic, ward, tmp_path):
    for name in (LATE, NEW):
        clinic.colleague(name)
    begins = utc_now() - timedelta(minutes=1)
    ward.grant(granted(ward.card_of(rppsNumber=clinic.number(LATE)), "reader", begins))
    before = len(subjects(ward))
    assert len(subjects(clinic.here[LATE].open(ward.address))) == before
    ward.rotate(add=(granted(ward.card_of(rppsNumber=clinic.number(NEW)), "reader", begins, history="now"),))
    clinic.deliver(ward.address, "La troisième")
    assert subjects(clinic.here[NEW].open(ward.address)) == ["La troisième"]
    late = clinic.here[LATE].open(ward.address)
    assert subjects(late)[0] == "La troisième"
    assert len(subjects(late)) == before + 1
    denied, items = clinic.here[NEW].open(ward.address), [{"class": "pack", "id": "1", "epoch": 1}]
    with pytest.raises(PageError, match="KEY_USE_DENIED epoch"):
        denied.colleague.page.bridge("storage.keys", handle=denied.handle, items=items)

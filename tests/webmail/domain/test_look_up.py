"""The directory: who is found, and what a sender must know of a certificate."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bridge.pki.certificates import load_certificate
from webmail import trust
from webmail.directory import listing
from webmail.domain import look_up
from webmail.domain.errors import InvalidProperties, TooLarge
from webmail.domain.introduce import introduce_correspondent
from webmail.models import Person

DENIS = "denis@partner.example"


@pytest.fixture
def denis(practice):
    pem = practice.pki.directory / "people" / "denis" / "certificate.pem"
    return introduce_correspondent(DENIS, "Denis Garnier", load_certificate(pem.read_bytes()), [])


def test_lookup_keeps_the_order_and_says_what_is_unknown(practice, denis):
    alice = practice.open("alice")
    found = look_up.lookup(["nobody@x.example", "ALICE@pli.example", DENIS])
    assert [entry and entry.address for entry in found] == [None, alice.address, DENIS]
    here, there = found[1], found[2]
    assert (here.internal, here.state, here.level) == (True, "ready", "card")
    assert here.binding
    assert here.log_entry
    assert here.chain
    assert (there.internal, there.state, there.binding) == (False, "ready", None)


@pytest.mark.parametrize("text", ["ali", "Martin", "martin", "9990"])
def test_query_finds_by_address_name_and_number(practice, text):
    practice.open("alice")
    assert [entry.address for entry in look_up.query(text)] == ["alice@pli.example"]


def test_query_finds_outsiders_too(denis):
    assert [entry.address for entry in look_up.query("garnier")] == [DENIS]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Hélène LEFÈVRE", ["Lefèvre", "lefevre", "LEFÈVRE", "hélène lef", "HELENE  LEF", "Lefe\u0300vre"]),
        ("Zoé Cœur", ["coeur", "CŒUR", "ZOE"]),
        ("Maëlys D’Haÿ", ["d'hay", "D’HAŸ", "maelys"]),
    ],
)
def test_case_accents_and_ligatures_do_not_count(practice, name, texts):
    alice = practice.open("alice")
    Person.objects.update_or_create(id=Person.objects.get().id, defaults={"name": name})
    pem = practice.pki.directory / "people" / "denis" / "certificate.pem"
    introduce_correspondent(DENIS, name, load_certificate(pem.read_bytes()), [])
    for text in texts:
        assert [entry.address for entry in look_up.query(text)] == [alice.address, DENIS], text
    assert look_up.query("lefebvre") == []


@pytest.mark.parametrize("text", ["", "a", " a ", "e\u0300\u0301", "\u0300\u0301"])
def test_query_needs_two_characters(db, text):
    with pytest.raises(InvalidProperties):
        look_up.query(text)


def test_wildcards_are_letters(practice):
    practice.open("alice")
    assert look_up.query("%%") == look_up.query("__") == []


def test_lookup_is_bounded(db):
    with pytest.raises(TooLarge):
        look_up.lookup(["a@b"] * 101)


def test_states_of_a_certificate(practice, denis, monkeypatch):
    certificate = bytes(denis.encryption_certificate)
    now = timezone.now()
    assert listing.certificate_state(None, now) == "no-certificate"
    assert listing.certificate_state(b"junk", now) == "no-certificate"
    assert listing.certificate_state(certificate, now) == "ready"
    assert listing.certificate_state(certificate, now + timedelta(days=9000)) == "expired"
    monkeypatch.setattr(trust, "revoked", lambda _: True)
    assert listing.certificate_state(certificate, now) == "revoked"


def test_revocation_is_read_from_the_lists(practice):
    for name, expected in (("rene", True), ("alice", False)):
        pem = practice.pki.directory / "cards" / name / "signature.pem"
        assert trust.revoked(load_certificate(pem.read_bytes())) is expected

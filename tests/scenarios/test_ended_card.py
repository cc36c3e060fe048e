"""A member's card is cancelled by its issuer: the keys of the inbox still change, without it, and its holder comes back by the next."""

from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import Colleague, granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
OWNER, STAYS, ENDED = "gael", "mila", "jade"


@pytest.fixture(scope="module")
def radiology(clinic):
    """An inbox of three, of whom one has a card that was cancelled since."""
    for name in (STAYS, ENDED):
        clinic.colleague(name)
    service = clinic.colleague(OWNER).open_service("ORG", "radiologie@pli.example")
    cards = [service.card_of(rppsNumber=clinic.number(name)) for name in (STAYS, ENDED)]
    service.grant(*(granted(card, "reader", utc_now() - timedelta(minutes=1)) for card in cards))
    clinic.deliver(service.address, "Avant")
    assert service.ended_ways() == []
    clinic.revoke(ENDED)
    return service


@pytest.fixture(scope="module")
def asked(clinic, radiology):
    """What the owner was asked when she changed the keys."""
    assert radiology.ended_ways() == [radiology.member(clinic.number(ENDED))["bodyHash"]]
    radiology.rotate()
    clinic.deliver(radiology.address, "Après")
    return clinic.prompts("confirm")[-1]


def test_a_cancelled_card_holds_nobody_up_and_takes_no_living_one_along(clinic, radiology, asked):
    assert clinic.number(ENDED) in asked
    assert clinic.number(STAYS) not in asked
    assert clinic.number(STAYS) in {member["idValue"] for member in radiology.active()}
    assert subjects(clinic.here[STAYS].open(radiology.address)) == ["Après", "Avant"]


@pytest.mark.usefixtures("asked")
def test_who_had_the_cancelled_card_comes_back_by_the_next(clinic, radiology):
    with pytest.raises(PageError):
        clinic.here[ENDED].open(radiology.address)
    fresh = Colleague.log_in(clinic.page(ENDED), clinic.new_card(ENDED))
    fresh.prove_card()
    card = radiology.card_of(reference=fresh.reference)
    radiology.grant(granted(card, "reader", utc_now() - timedelta(minutes=1)))
    assert subjects(fresh.open(radiology.address)) == ["Après", "Avant"]

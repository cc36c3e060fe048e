"""The owner of a service inbox leaves the house: she names who follows her first, and then nothing opens for her."""

from datetime import timedelta

import pytest

from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
OWNER, NEXT = "olga", "remi"


def test_an_owner_goes_once_another_follows_her(clinic):
    clinic.colleague(NEXT)
    service = clinic.colleague(OWNER).open_service("ORG", "accueil@pli.example")
    begins = utc_now() - timedelta(minutes=1)
    card = service.card_of(rppsNumber=clinic.number(NEXT))
    service.grant(granted(card, "sender", begins))
    clinic.deliver(service.address, "La première")

    refused = clinic.manage("offboard", clinic.number(OWNER))
    assert refused.returncode != 0
    assert service.address in refused.stderr
    assert subjects(service) == ["La première"]  # nothing has ended

    former = service.member(clinic.number(NEXT))["bodyHash"]
    service.grant(granted(card, "owner", begins), ends=[former])
    left = clinic.manage("offboard", clinic.number(OWNER))
    assert left.returncode == 0, left.stderr
    with pytest.raises(PageError):
        service.messages()

    followed = clinic.here[NEXT].open(service.address)
    followed.rotate(ends=(followed.member(clinic.number(OWNER))["bodyHash"],))
    clinic.deliver(service.address, "La deuxième")
    assert subjects(clinic.here[NEXT].open(service.address)) == ["La deuxième", "La première"]
    assert [member["idValue"] for member in followed.active()] == [clinic.number(NEXT)]

"""Keys name whom they are for: sealed to a card that lies in a drawer, and opened in the trace by that card and no other."""

import hashlib
import time
from base64 import b64decode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from bridge.cms.binding import Binding
from bridge.pki.issue import utc_now
from tests.scenarios.letters import subjects
from webmail.management.demo import run
from webmail.management.demo.colleague import Colleague, granted

pytestmark = pytest.mark.slow
OWNER, AWAY = "bruno", "hana"
SEEN_WITHIN = 60  # seconds that the bridge may need to look at the table again


@pytest.fixture(scope="module")
def own(clinic):
    """Bruno's mailbox, to which he gave access while Hana, who was here once, was away with her card."""
    clinic.colleague(AWAY)
    own = clinic.mailbox(OWNER)
    clinic.deliver(own.address, "Pour qui me remplace")
    lay(clinic, own, inserted=False)
    own.grant(granted(own.card_of(rppsNumber=clinic.number(AWAY)), "reader", utc_now() - timedelta(minutes=1)))
    return own


@pytest.fixture(scope="module")
def theirs(clinic, own):
    """The same mailbox, once Hana came with her card."""
    lay(clinic, own, inserted=True)
    hana = Colleague.log_in(clinic.page(AWAY), clinic.cards[AWAY].serial)
    return hana.open(own.address)


def lay(clinic, own, *, inserted):
    """Hana's card onto the table or off it, and wait until the bridge has seen it."""
    run._describe_card(clinic.places.pki / "cards" / AWAY, inserted=inserted)
    serial, end = clinic.cards[AWAY].serial, time.monotonic() + SEEN_WITHIN
    while any(serial in card["label"] for card in own.colleague.page.bridge("card.list")["cards"]) != inserted:
        assert time.monotonic() < end, "the bridge does not see the table"
        time.sleep(0.1)


def fingerprint(clinic, name):
    """Of the certificate that this person's card logs in with."""
    file = clinic.places.pki / "cards" / name / "authentication.p12"
    _, certificate, _ = pkcs12.load_key_and_certificates(file.read_bytes(), clinic.cards[name].pin.encode())
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()[:16]


@pytest.mark.capability("SE5", "SB1")
def test_who_was_away_opens_with_the_card_what_was_sealed_to_it(theirs):
    assert theirs.opened["role"] == "reader"
    assert subjects(theirs) == ["Pour qui me remplace"]


@pytest.mark.capability("MS1")
def test_keys_name_their_holder_and_the_trace_the_card_that_opened(clinic, own, theirs):
    [binding] = (Binding.from_der(b64decode(key["binding"])) for key in own.material()["keys"])
    assert binding.identity.id_value == clinic.number(OWNER)
    holders = {member["idValue"] for member in own.active()}
    assert holders == {clinic.number(OWNER), clinic.number(AWAY)}
    for mailbox in (own, theirs):
        subjects(mailbox)
    lines = own.jmap.call("AccessEvent/query", filter={"acts": ["opened"]})["list"]
    found = {(line["rppsNumber"], line["credential"]["kind"], line["credential"]["fingerprint"]) for line in lines}
    assert found == {(clinic.number(name), "card", fingerprint(clinic, name)) for name in (OWNER, AWAY)}

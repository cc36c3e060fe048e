"""A regional network, from a table of twenty people to the first letter: three of them play, all twenty are on the list."""

from base64 import b64decode, b64encode, encodebytes
from datetime import timedelta
from email.message import EmailMessage

import pytest

from bridge.cms.enveloped import build_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.seal import seal
from bridge.pki.certificates import load_certificate
from bridge.pki.issue import utc_now
from tests import network_table
from tests.scenarios.clinic import NETWORK as DOMAIN
from tests.scenarios.letters import subjects
from webmail.management.demo.colleague import Colleague, granted
from webmail.management.demo.headless_page import PageError

pytestmark = pytest.mark.slow
PLAYERS = ("nadia", "oriane", "paola")
MEMBER = {"inboxes": "maternite"}
INBOX = f"maternite@{DOMAIN}"


@pytest.fixture(scope="module")
def listed(clinic, tmp_path_factory):
    """The list as a spreadsheet writes it; Nadia administers and opens the inbox, Oriane manages it, everybody is in it."""
    shares = {"nadia": {"administrator": "oui"}, "oriane": {"inboxes": "maternite:gestion"}}
    played = [
        network_table.person(f"{name.title()} Essai", clinic.number(name), address=name, **shares.get(name, MEMBER))
        for name in PLAYERS
    ]
    others = [
        network_table.person(f"Collègue Numéro {'abcdefghijklmnopq'[n]}", network_table.number(500 + n), **MEMBER)
        for n in range(17)
    ]
    inbox = network_table.inbox("Maternité", clinic.number("nadia"), "maternite")
    lines = [network_table.network(DOMAIN), *played, *others, inbox]
    file = network_table.write(tmp_path_factory.mktemp("network"), *lines)
    done = clinic.manage("network", "import", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of 20 people have opened their mailbox, 0 of 1 inboxes are open" in done.stdout
    return file


@pytest.fixture(scope="module")
def own(clinic, listed):
    """Each comes with the card, is offered the address that the list keeps, and opens it."""
    opened = {}
    for name in PLAYERS:
        colleague = Colleague.log_in(clinic.page(name), clinic.cards[name].serial)
        offered = colleague.prove_presence()["suggestedAddress"]
        assert offered == f"{name}@{DOMAIN}"
        opened[name] = colleague.open_account(offered)
    return opened


@pytest.fixture(scope="module")
def inbox(own):
    """Opened by whom the list names; those who are here get access in one act."""
    with pytest.raises(PageError):
        own["paola"].colleague.open_service("ORG", INBOX)
    opened = own["nadia"].colleague.open_service("ORG", INBOX)
    invited = {one["rppsNumber"]: one for one in opened.jmap.call("Invitation/get", ids=None)["list"]}
    assert len(invited) == 19
    ready = [one for one in invited.values() if one["state"] == "ready"]
    assert len(ready) == 2
    begins = utc_now() - timedelta(minutes=1)
    cards = [(opened.card_of(rppsNumber=one["rppsNumber"]), one["role"]) for one in ready]
    opened.grant(*(granted(card, role, begins) for card, role in cards))
    return opened


@pytest.mark.capability("MS2", "SB5", "DN6")
def test_a_network_of_twenty_goes_from_a_table_to_its_first_letter(clinic, listed, own, inbox):
    assert {one["role"] for one in inbox.active()} == {"owner", "manager", "sender"}
    write(own["oriane"], INBOX, "Transfert ce soir")
    for name in ("nadia", "paola"):
        assert subjects(own[name].colleague.open(INBOX)) == ["Transfert ce soir"]
    [tenant] = own["nadia"].jmap.call("Tenant/get", ids=None)["list"]
    states = [one["state"] for one in tenant["people"]]
    assert (len(states), states.count("joined"), tenant["timeZone"]) == (20, 3, "Indian/Reunion")
    [shared] = tenant["inboxes"]
    assert (shared["open"], shared["members"]) == (True, 3)
    assert own["paola"].jmap.call("Tenant/get", ids=None)["list"] == []
    again = clinic.manage("network", "import", str(listed))
    assert "0 added, 0 changed, 22 as before, 0 invited" in again.stdout
    assert "3 of 20 people have opened their mailbox, 1 of 1 inboxes are open" in again.stdout
    assert clinic.manage("check_references").returncode == 0


def write(sender, address, subject):
    """Encrypted to the inbox's own key and handed in, as the page does it."""
    [entry] = sender.jmap.call("Directory/lookup", addresses=[address])["list"]
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender.address, address, subject
    letter.set_content("Bonne route.\n")
    [key] = sender.jmap.call("MailboxKey/get", ids=None)["list"]
    mine = load_certificate(b64decode(key["encryptionCertificate"]))
    email_id = _keep(sender, bytes(letter), mine)
    sender.jmap.call(
        "EmailSubmission/set",
        create={
            "letter": {
                "identityId": sender.id,
                "emailId": email_id,
                "envelope": {"mailFrom": {"email": sender.address}, "rcptTo": [{"email": address}]},
                "pli:wire": [
                    {
                        "blobId": sender.jmap.upload(
                            _wire(letter, load_certificate(b64decode(entry["encryptionCertificate"])))
                        ),
                        "rcptTo": [address],
                    }
                ],
            }
        },
    )


def _keep(sender, letter, certificate):
    folders = sender.jmap.call("Mailbox/get", ids=None)["list"]
    sent = next(one["id"] for one in folders if one["role"] == "sent")
    copy = {
        "blobId": sender.jmap.upload(seal(letter, certificate, "pli-message")),
        "mailboxIds": {sent: True},
        "sealedSummary": b64encode(seal(b'{"v":1}', certificate, "pli-summary")).decode(),
    }
    return sender.jmap.call("Email/import", emails={"copy": copy})["created"]["copy"]["id"]


def _wire(letter, certificate):
    """S/MIME as any peer writes it."""
    sealed = build_enveloped(bytes(letter), [CertificateRecipient(certificate)], content_algorithm="aes-256-cbc")
    head = (
        f"From: {letter['From']}\r\nTo: {letter['To']}\r\nSubject: {letter['Subject']}\r\nMessage-ID: <1@{DOMAIN}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(sealed).replace(b"\n", b"\r\n")

"""A lying server is refused, or shown for what it is; the honest answer is tried first, so that each lie is the only change."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from desk import Desk
from forged_person import forge_person
from hostile import lie
from playwright.sync_api import expect

from bridge.cms.seal import seal
from bridge.pki.certificates import der, load_certificate
from bridge.pki.issue import Authority, issue_mailbox_certificate
from bridge.pki.requests import build_request, verify_request

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BOB = "bob.lefevre@pli.example"
UNPROVEN = "L’identité de Bob LEFÈVRE n’a pas pu être prouvée."


@pytest.fixture
def desk(practice, context):
    return Desk(context.new_page(), practice.places.origin("alice"))


def entries(arguments):
    return [entry for entry in arguments["list"] if entry and entry["address"] == BOB]


def rogue_certificate(practice):
    """The operator's own authority certifies a key of its own for Bob's address."""
    authority = Authority.load(practice.places.pki / "operator-ca")
    request = verify_request(build_request(rsa.generate_private_key(65537, 3072), BOB))
    now = datetime.now(UTC)
    issued = issue_mailbox_certificate(
        authority, request, use="encryption", not_before=now - timedelta(days=1), not_after=now + timedelta(days=9)
    )
    return base64.b64encode(der(issued)).decode()


def refuses_to_send(desk):
    desk.write([BOB], "Ne doit pas partir", "Secret")
    expect(desk.page.locator(".notice").first).to_be_visible()
    expect(desk.page.locator("[data-action=send]")).to_be_disabled()
    return "\n".join(desk.notices())


def test_swapped_recipient_certificate_blocks_sending(practice, context, desk):
    """Negative test 1: a valid chain to the operator, and no card behind it."""
    rogue = rogue_certificate(practice)

    def swap(arguments):
        for entry in entries(arguments):
            entry["encryptionCertificate"] = rogue

    told = lie(context, {"Directory/lookup": swap, "Directory/query": swap})
    desk.log_in_with_card("alice")
    assert UNPROVEN in refuses_to_send(desk)
    assert told


@pytest.mark.parametrize("part", ["binding", "logEntry"])
def test_altered_binding_blocks_sending(context, desk, part):
    def alter(arguments):
        for entry in entries(arguments):
            raw = bytearray(base64.b64decode(entry[part]))
            raw[len(raw) // 2] ^= 1
            entry[part] = base64.b64encode(raw).decode()

    lie(context, {"Directory/lookup": alter, "Directory/query": alter})
    desk.log_in_with_card("alice")
    assert UNPROVEN in refuses_to_send(desk)


def test_binding_left_out_blocks_sending(context, desk):
    """The operator's authority alone never suffices for an address of an operator's domain."""

    def strip(arguments):
        for entry in entries(arguments):
            entry["binding"] = entry["logEntry"] = None

    lie(context, {"Directory/lookup": strip, "Directory/query": strip})
    desk.log_in_with_card("alice")
    assert UNPROVEN in refuses_to_send(desk)


def stays_closed(desk):
    desk.choose_card("alice")
    notice = desk.page.locator(".notice").first
    expect(notice).to_be_visible(timeout=30_000)
    assert desk.page.locator(".row").count() == 0
    return notice.inner_text()


def test_altered_grant_stays_closed(context, desk):
    """Negative tests 4 to 6: one bit of the sealed part, or of the body."""

    def alter(arguments):
        for grant in arguments["list"]:
            raw = bytearray(base64.b64decode(grant["grant"]))
            raw[-20] ^= 1
            grant["grant"] = base64.b64encode(raw).decode()

    lie(context, {"Grant/get": alter})
    assert stays_closed(desk)


def test_grant_of_another_mailbox_stays_closed(practice, chromium, context, desk):
    stolen: list[dict] = []
    other = chromium.new_context(locale="fr-FR")
    lie(other, {"Grant/get": lambda arguments: stolen.extend(arguments["list"])})
    Desk(other.new_page(), practice.places.origin("bob")).log_in_with_card("bob")
    other.unroute_all(behavior="ignoreErrors")
    other.close()
    lie(context, {"Grant/get": lambda arguments: arguments.update(list=stolen)})
    assert stolen
    assert stays_closed(desk)


def test_rolled_back_log_stays_closed(practice, chromium, context, desk):
    """Negative test 8: the bridge has seen this log's head; an empty or foreign log is not an extension of it."""
    first = chromium.new_context(locale="fr-FR")
    Desk(first.new_page(), practice.places.origin("alice")).log_in_with_card("alice")
    first.close()
    told = lie(context, {"MembershipLog/get": lambda arguments: arguments.update(list=[])})
    assert stays_closed(desk)
    assert told


def test_forged_summary_proves_nothing(practice, context, desk):
    """Anyone can seal to a public key: a row is only a row, and opening shows what the message says."""
    certificates: list[bytes] = []

    def note_key(arguments):
        certificates.extend(base64.b64decode(key["encryptionCertificate"]) for key in arguments["list"])

    def forge(arguments):
        for email in arguments["list"]:
            if certificates and email.get("sealedSummary") and email.get("packId") is None:
                email["sealedSummary"] = base64.b64encode(forged(certificates[0])).decode()

    lie(context, {"MailboxKey/get": note_key, "Email/get": forge})
    desk.log_in_with_card("alice")
    desk.wait_for_row("Virement urgent")
    row = desk.page.locator(".row", has_text="Virement urgent").first
    assert row.locator(".mark-signed, .row-signed").count() == 0
    row.click()
    letter = desk.opened()
    assert letter.subject != "Virement urgent"
    assert "Dr Bob" not in desk.page.locator(".reader-from").inner_text()


def forged(certificate):
    person = [{"name": "Dr Bob Lefèvre", "address": BOB}]
    summary = {"v": 1, "from": person, "to": [], "cc": [], "subject": "Virement urgent", "date": None, "snippet": ""}
    summary |= {"attachments": [], "encrypted": True, "signed": True, "size": 10, "state": "S1"}
    return seal(json.dumps(summary).encode(), load_certificate(certificate), "pli-summary")


def test_the_lies_above_change_something(practice, context, desk):
    """Told nothing false, the same steps succeed: the refusals above come from the lies."""
    lie(context, {})
    desk.log_in_with_card("alice")
    desk.write([BOB], "Part bien", "Bonjour")
    desk.send()


def test_forged_person_is_not_taken_for_the_known_one(practice, context, desk):
    """An operator can pose as somebody without card at first contact (SECURITY-MODEL); not to whoever wrote before."""
    desk.log_in_with_card("alice")
    desk.write([BOB], "Première lettre", "Bonjour")
    desk.send()
    forged_entry = forge_person(practice.places.pki / "operator-ca", BOB, "Bob LEFÈVRE")

    def swap(arguments):
        for entry in entries(arguments):
            entry.update(forged_entry)

    lie(context, {"Directory/lookup": swap, "Directory/query": swap})
    assert "n’est plus prouvé de la même façon que la dernière fois" in refuses_to_send(desk)

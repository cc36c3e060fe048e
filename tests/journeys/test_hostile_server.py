"""A lying server is refused, or shown for what it is; the honest answer is tried first, so that each lie is the only change."""

import base64
import json
from datetime import UTC, datetime, timedelta

import bad_letters
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from desk import Desk, at_desks
from forged_person import forge_person
from hostile import lie
from playwright.sync_api import expect

from bridge.cms.seal import seal
from bridge.pki.certificates import der, load_certificate
from bridge.pki.issue import Authority, issue_mailbox_certificate
from bridge.pki.requests import build_request, verify_request
from webmail.management.demo import letters
from webmail.management.demo.colleague import Colleague
from webmail.management.demo.headless_page import HeadlessPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALICE, BOB = "alice.martin@pli.example", "bob.lefevre@pli.example"
COMPOSER_NOTICE = ".composer-notices .notice"
UNPROVEN = "L’identité de Bob LEFÈVRE n’a pas pu être prouvée."


@pytest.fixture
def desk(practice, context):
    """Alice's, at the entrance: the lie is told at her login."""
    return Desk(context.new_page(), practice.places.origin("alice"))


@pytest.fixture(scope="module")
def alice(practice, chromium):
    """Logged in while nobody lied."""
    with at_desks(chromium, practice.places, "alice") as [desk]:
        desk.log_in_with_card("alice")
        yield desk


@pytest.fixture
def at_work(alice):
    """Her desk, for a lie told after her login: such cases share it, but no lie, no draft and no notice of one."""
    expect(alice.page.locator(f"textarea.composer-text, {COMPOSER_NOTICE}")).to_have_count(0)
    yield alice
    alice.page.context.unroute_all(behavior="wait")
    if alice.page.locator("textarea.composer-text").count():
        alice.page.locator("[data-action=discard]").click()


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
    notices = desk.page.locator(COMPOSER_NOTICE)
    expect(notices.first).to_be_visible()
    expect(desk.page.locator("[data-action=send]")).to_be_disabled()
    return "\n".join(notices.all_inner_texts())


def test_swapped_recipient_certificate_blocks_sending(practice, at_work):
    """Negative test 1: a valid chain to the operator, and no card behind it."""
    rogue = rogue_certificate(practice)

    def swap(arguments):
        for entry in entries(arguments):
            entry["encryptionCertificate"] = rogue

    told = lie(at_work.page.context, {"Directory/lookup": swap, "Directory/query": swap})
    assert UNPROVEN in refuses_to_send(at_work)
    assert told


@pytest.mark.parametrize("part", ["binding", "logEntry"])
def test_altered_binding_blocks_sending(at_work, part):
    def alter(arguments):
        for entry in entries(arguments):
            raw = bytearray(base64.b64decode(entry[part]))
            raw[len(raw) // 2] ^= 1
            entry[part] = base64.b64encode(raw).decode()

    told = lie(at_work.page.context, {"Directory/lookup": alter, "Directory/query": alter})
    assert UNPROVEN in refuses_to_send(at_work)
    assert told


def test_binding_left_out_blocks_sending(at_work):
    """The operator's authority alone never suffices for an address of an operator's domain."""

    def strip(arguments):
        for entry in entries(arguments):
            entry["binding"] = entry["logEntry"] = None

    told = lie(at_work.page.context, {"Directory/lookup": strip, "Directory/query": strip})
    assert UNPROVEN in refuses_to_send(at_work)
    assert told


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


def test_grant_of_another_mailbox_stays_closed(practice, context, desk):
    with HeadlessPage(practice.places.origin("bob"), practice.bridge_port) as page:
        stolen = Colleague.log_in(page, "Bob").open(BOB).material()["grants"]
    lie(context, {"Grant/get": lambda arguments: arguments.update(list=stolen)})
    assert stolen
    assert stays_closed(desk)


def test_rolled_back_log_stays_closed(alice, context, desk):
    """Negative test 8: the bridge has seen this log's head; an empty or foreign log is not an extension of it."""
    told = lie(context, {"MembershipLog/get": lambda arguments: arguments.update(list=[])})
    assert stays_closed(desk)
    assert told


def test_forged_summary_proves_nothing(practice, at_work):
    """Anyone can seal to a public key: a row is only a row, and opening shows what the message says."""
    summary = base64.b64encode(forged(own_certificate(practice))).decode()

    def forge(arguments):
        for email in arguments["list"]:
            if email.get("sealedSummary") and email.get("packId") is None:
                email["sealedSummary"] = summary

    lie(at_work.page.context, {"Email/get": forge})
    letter = bad_letters.plain("Facture", "À payer.\n")
    letters.deliver(practice.places.lmtp_port, letters.OUTSIDER, ALICE, [bytes(letter)])
    at_work.wait_for_row("Virement urgent")
    row = at_work.page.locator(".row", has_text="Virement urgent").first
    assert row.locator(".mark-signed, .row-signed").count() == 0
    row.click()
    assert at_work.opened().subject == "Facture"
    assert "Dr Bob" not in at_work.page.locator(".reader-from").inner_text()


def own_certificate(practice):
    """To which anybody can seal a summary for Alice."""
    with HeadlessPage(practice.places.origin("alice"), practice.bridge_port) as page:
        key = Colleague.log_in(page, "Alice").open(ALICE).material()["keys"][-1]
    return base64.b64decode(key["encryptionCertificate"])


def forged(certificate):
    person = [{"name": "Dr Bob Lefèvre", "address": BOB}]
    summary = {"v": 1, "from": person, "to": [], "cc": [], "subject": "Virement urgent", "date": None, "snippet": ""}
    summary |= {"attachments": [], "encrypted": True, "signed": True, "size": 10, "state": "S1"}
    return seal(json.dumps(summary).encode(), load_certificate(certificate), "pli-summary")


def test_the_lies_above_change_something(at_work):
    """Told nothing false, the same steps succeed: the refusals above come from the lies."""
    lie(at_work.page.context, {})
    at_work.write([BOB], "Part bien", "Bonjour")
    at_work.send()


def test_forged_person_is_not_taken_for_the_known_one(practice, at_work):
    """An operator can pose as somebody without card at first contact (SECURITY-MODEL); not to whoever wrote before."""
    at_work.write([BOB], "Première lettre", "Bonjour")
    at_work.send()
    forged_entry = forge_person(practice.places.pki / "operator-ca", BOB, "Bob LEFÈVRE")

    def swap(arguments):
        for entry in entries(arguments):
            entry.update(forged_entry)

    told = lie(at_work.page.context, {"Directory/lookup": swap, "Directory/query": swap})
    assert "n’est plus prouvé de la même façon que la dernière fois" in refuses_to_send(at_work)
    assert told

"""Login with a printed code: it reads, it says so to the owner, and it can block a lost card; nothing more."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.cms.grants import HolderKind, Role
from bridge.cms.holder_keys import derive_holder_key, derive_login_key
from bridge.pki.certificates import spki, spki_sha256
from tests.webmail.ledger import Ledger, caller_for, card_share, key_share
from tests.webmail.practitioner import ORIGIN, Practitioner, text
from webmail.domain import key_change
from webmail.domain.errors import ActRefused
from webmail.domain.membership_log import membership_of
from webmail.domain.recovery_login import statement
from webmail.models import Credential, Message, Person, Tenant


class Code:
    """A printed code of a mailbox, already granted."""

    def __init__(self, owner):
        self.ledger, secret = Ledger(owner.mailbox, owner.holder), os.urandom(32)
        key = derive_holder_key(secret, bytes.fromhex(owner.account_id), "recovery").public_key()
        share = key_share(spki(key), spki_sha256(key), HolderKind.RECOVERY, owner.holder.enrolment, Role.OWNER)
        self.login_key = derive_login_key(secret)
        point = self.login_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.ledger.append(replace(self.ledger.grant(share), login_key=point))

    def sign(self, challenge: str, origin: str = ORIGIN) -> bytes:
        r, s = decode_dss_signature(self.login_key.sign(statement(origin, challenge), ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.fixture
def code(alice):
    return Code(alice)


def log_in(person: Practitioner, signature: bytes, address: str = "alice@pli.example"):
    return person.post("/auth/recovery", {"address": address, "signature": text(signature)})


@pytest.fixture
def stranded(alice, code):
    """Alice at another computer, with her code and nothing else."""
    person = Practitioner(alice.holder, alice.mailbox)
    assert log_in(person, code.sign(person.challenge())).json() == {"status": "ok", "next": "/mail/"}
    return person


def test_the_code_reads_and_does_nothing_else(alice, stranded):
    alice.log_in()
    message = alice.import_copy()
    assert stranded.call("Email/query")["ids"] == [message]
    assert {row["holderKind"] for row in stranded.call("Grant/get")["list"]} == {"card", "recovery"}
    assert stranded.call("Email/set", update={message: {"keywords": {}}})["error"] == "forbidden"
    assert stranded.call("EmailSubmission/set")["error"] == "forbidden"
    assert stranded.call("AccessEvent/query")["error"] == "forbidden"
    assert stranded.call("Membership/append", logEntry="")["error"] == "stepUpRequired"
    assert stranded.client.post(f"/jmap/upload/{alice.account_id}", b"x", "application/octet-stream").status_code == 404


def test_its_use_is_told_and_changes_the_keys(alice, stranded):
    assert Message.objects.filter(account_id=alice.account_id).count() == 0  # the transaction of this test still runs
    assert key_change.is_due(alice.account_id)


def test_its_use_is_a_line_that_says_which_code_from_where_and_when(alice, stranded):
    """By the day printed on its sheet."""
    alice.log_in()
    line = next(one for one in alice.call("AccessEvent/query", limit=50)["list"] if one["through"] == "recovery")
    made = Credential.objects.get(kind="recovery").created_at
    assert (line["act"], line["credential"]["kind"], line["address"]) == ("login", "recovery", "127.0.0.1")
    assert line["credential"]["madeAt"] == made.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert line["at"] >= line["credential"]["madeAt"]


def test_its_use_changes_the_keys_of_every_mailbox_of_its_person(alice, code, bob, practice):
    """It logs the person in, who is shown the others too. Whose she is no member of stays as it is."""
    stranger = practice.open_for(practice.newcomer(81), "chloe@pli.example")
    shared = Ledger(bob.mailbox, bob.holder)
    shared.append(shared.grant(card_share(alice.holder, Role.READER)))
    person = Practitioner(alice.holder, alice.mailbox)
    assert log_in(person, code.sign(person.challenge())).status_code == 200
    due = [key_change.is_due(one.account_id) for one in (alice, bob, stranger)]
    assert due == [True, True, False]


def test_a_lost_card_is_blocked_from_there_at_once(alice, stranded):
    alice.log_in()
    card = next(row for row in stranded.call("Credential/get")["list"] if row["kind"] == "card")
    assert stranded.call("Credential/set", destroy=[card["id"]])["destroyed"] == [card["id"]]
    assert alice.client.get("/.well-known/jmap").status_code == 401
    assert [grant["holderKind"] for grant in stranded.call("Grant/get")["list"]] == ["recovery"]
    alice.client.cookies.clear()
    answer = alice.post("/auth/card", {"token": alice.holder.token(alice.challenge(), ORIGIN)})
    assert (answer.status_code, answer.json()["error"]) == (403, "credential-retired")
    assert key_change.is_due(alice.account_id)


@pytest.mark.negative(63)
@pytest.mark.parametrize(
    "way", ["again", "other challenge", "other origin", "other mailbox", "short", "zero", "retired"]
)
def test_refused_codes_all_look_the_same(alice, bob, code, way):
    person = Practitioner(alice.holder, alice.mailbox)
    challenge = person.challenge()
    signature = {
        "other challenge": lambda: code.sign("x"),
        "other origin": lambda: code.sign(challenge, "https://elsewhere.example"),
        "short": lambda: code.sign(challenge)[:63],
        "zero": lambda: bytes(64),
    }.get(way, lambda: code.sign(challenge))()
    if way == "retired":
        Credential.objects.filter(kind="recovery").update(retired_at="2026-01-01T00:00:00Z")
    if way == "again":
        assert log_in(person, signature).status_code == 200
    answer = log_in(person, signature, "bob@pli.example" if way == "other mailbox" else "alice@pli.example")
    expected = "challenge-expired" if way == "again" else "code-refused"
    assert (answer.status_code, answer.json()["error"]) == (403, expected)


def test_where_the_bridge_is_required_the_code_alone_opens_nothing(alice, code, stranded):
    """It stands on the page; beside a new card, in the bridge, it still lets that card in. Who holds no code learns nothing of the rule."""
    tenant = Tenant.objects.create(
        id="a" * 32, name="Ward", domain="pli.example", no_bridge_allowed=False, created_at="2026-01-01T00:00:00Z"
    )
    Person.objects.update(tenant_id=tenant.id)
    assert stranded.client.get("/.well-known/jmap").status_code == 401
    person = Practitioner(alice.holder, alice.mailbox)
    answer = log_in(person, code.sign(person.challenge()))
    assert (answer.status_code, answer.json()["error"]) == (403, "bridge-required")
    assert log_in(person, code.sign("another challenge")).json()["error"] != "bridge-required"
    alice.log_in()
    assert alice.client.get("/.well-known/jmap").status_code == 200


@pytest.mark.parametrize("point", [b"\4" * 65, b"\4" * 64, "known"])
def test_a_login_key_is_a_point_of_its_own(alice, code, point):
    secret = os.urandom(32)
    key = derive_holder_key(secret, bytes.fromhex(alice.account_id), "recovery").public_key()
    share = key_share(spki(key), spki_sha256(key), HolderKind.RECOVERY, alice.holder.enrolment, Role.OWNER)
    known = code.login_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    act = replace(code.ledger.grant(share), login_key=known if point == "known" else point)
    with pytest.raises(ActRefused) as caught:
        code.ledger.append(act)
    assert caught.value.reason == "login-key"


@pytest.mark.parametrize("named", ["colleague", "nobody"])
def test_no_manager_makes_a_code_that_logs_in_as_somebody_else(alice, bob, named):
    ledger, secret = Ledger(bob.mailbox, bob.holder), os.urandom(32)
    if named == "nobody":  # who is then the owner, Alice
        ledger = Ledger(alice.mailbox, alice.holder)
        ledger.append(ledger.grant(card_share(bob.holder, Role.MANAGER)))
    key = derive_holder_key(secret, bytes.fromhex(ledger.account_id), "recovery").public_key()
    whose = alice.holder.enrolment if named == "colleague" else replace_identity(alice.holder.enrolment)
    share = key_share(spki(key), spki_sha256(key), HolderKind.RECOVERY, whose, Role.READER)
    point = derive_login_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    act = replace(ledger.grant(share, signer=bob.holder), login_key=point)
    with pytest.raises(ActRefused) as caught:
        ledger.append(act, caller_for(bob.mailbox.person.id))
    assert caught.value.reason == "identity-changed"
    assert not Credential.objects.filter(kind="recovery").exists()


def test_a_rotation_brings_no_login_key_for_a_code_that_is_carried_on(alice, bob, code):
    code.ledger.append(code.ledger.grant(card_share(bob.holder, Role.MANAGER)))
    code.ledger.know(bob.holder)
    caller = caller_for(bob.mailbox.person.id)
    point = derive_login_key(os.urandom(32)).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    act = replace(code.ledger.rotation(signer=bob.holder, caller=caller), login_key=point)
    with pytest.raises(ActRefused) as caught:
        code.ledger.append(act, caller)
    assert caught.value.reason == "login-key"
    assert Credential.objects.filter(kind="recovery").count() == 1


def replace_identity(enrolment):
    """The same name without a number."""
    return type("Nobody", (), {"id_type": "", "id_value": "", "name": enrolment.name})


def test_a_rotation_that_ends_the_code_ends_its_login(alice, code):
    old = next(row for row in membership_of(alice.account_id).active if row.body.holder.kind is HolderKind.RECOVERY)
    code.ledger.append(code.ledger.rotation(ends=[old.digest]))
    person = Practitioner(alice.holder, alice.mailbox)
    assert log_in(person, code.sign(person.challenge())).status_code == 403

"""The key inside an encrypted message stands in its sealed summary, for its own mailbox only."""

import base64
import json

import pytest
from cryptography import x509

from bridge.cms import beginning
from bridge.cms.beginning import read_beginning
from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.recipient_infos import parse_recipient_info
from bridge.cms.recipients import CertificateRecipient
from webmail.domain import deliver
from webmail.domain.foretelling import MAX_SUMMARY, foretelling
from webmail.models import MailboxKey, Message

SENDER = "denis@partner.example"
HEADS = "From: denis@partner.example\r\nTo: a@pli.example\r\nSubject: [...]\r\nContent-Type: application/pkcs7-mime; smime-type=authEnveloped-data\r\n"


def certificate_of(owner):
    key = MailboxKey.objects.get(account_id=owner.account_id)
    return x509.load_der_x509_certificate(bytes(key.encryption_certificate))


def encrypted_to(*owners):
    recipients = [CertificateRecipient(certificate_of(owner)) for owner in owners]
    return build_enveloped(b"Content-Type: text/plain\r\n\r\nMme Dupont\r\n" * 2000, recipients)


def summary_of(owner):
    return json.loads(owner.summary(Message.objects.get(account_id=owner.account_id)))


def test_each_mailbox_is_told_its_own(practice):
    alice = practice.open("alice")
    cms = encrypted_to(alice)
    content = HEADS.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(cms)
    deliver.deliver(SENDER, [alice.address], content)
    summary = summary_of(alice)
    [recipient] = parse_enveloped(cms).recipients
    assert summary["inner"] == {
        "recipientInfo": base64.b64encode(recipient.der).decode(),
        "contentAlgorithm": parse_enveloped(cms).content_algorithm.oid,
    }
    assert summary["encrypted"] is True


def test_a_message_is_read_once_for_all_its_mailboxes(practice, monkeypatch):
    """Else somebody from outside multiplies the work of thousands of RecipientInfos by five hundred addresses."""
    people = [practice.open(name) for name in ("alice", "bob")]
    content = HEADS.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(encrypted_to(*people))
    read = []
    monkeypatch.setattr(beginning, "parse_recipient_info", lambda der: read.append(der) or parse_recipient_info(der))
    deliver.deliver(SENDER, [one.address for one in people], content)
    assert [bool(summary_of(one).get("inner")) for one in people] == [True, True]
    assert len(read) == len(people)  # as many as the message has


@pytest.mark.parametrize(
    "body",
    [
        b"\r\nnot base64: \xff\xfe",
        b"Content-Transfer-Encoding: base64\r\n\r\nAAAA====\xe9",
        b"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA",
        b"Content-Transfer-Encoding: base64\r\n\r\n",
    ],
)
def test_what_cannot_be_read_is_delivered_all_the_same(practice, body):
    alice = practice.open("alice")
    deliver.deliver(SENDER, [alice.address], HEADS.encode() + body)
    assert "inner" not in summary_of(alice)
    assert summary_of(alice)["subject"] == "[...]"


def test_nothing_is_told_where_there_is_no_room_or_nothing_to_tell(practice):
    alice = practice.open("alice")
    cms, certificate = encrypted_to(alice), certificate_of(alice)
    told, small = read_beginning(cms), b'{"v":1}'
    assert json.loads(foretelling(small, told, certificate))["v"] == 1
    assert "inner" in json.loads(foretelling(small, told, certificate))
    full = json.dumps({"subject": "x" * (MAX_SUMMARY - 200)}).encode()
    assert foretelling(full, told, certificate) == full
    assert foretelling(small, None, certificate) == small

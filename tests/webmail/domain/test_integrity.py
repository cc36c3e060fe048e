"""The check that stands in for foreign keys finds each kind of damage."""

import re

import pytest
from django.core.management import CommandError, call_command

from webmail.domain import blobs, deliver, integrity
from webmail.models import (
    Blob,
    Folder,
    GrantBody,
    LogEntry,
    Mailbox,
    Membership,
    Message,
    MessageFolder,
    Person,
    Share,
    Work,
)

DAMAGE = {
    "blob .* is missing": lambda: Blob.objects.all().delete(),
    "no file of its size": lambda: [blobs.discard(blob) for blob in Blob.objects.all()],
    "kept by nothing": lambda: Message.objects.all().delete(),
    "is used and expires": lambda: Blob.objects.update(expires_at="2030-01-01T00:00:00Z"),
    "bytes are stored": lambda: Mailbox.objects.update(used_bytes=1),
    "folder .* does not exist": lambda: Folder.objects.filter(role="inbox").delete(),
    "is in no folder": lambda: MessageFolder.objects.all().delete(),
    "counts": lambda: Folder.objects.filter(role="inbox").update(unread=9),
    "pack .* is missing": lambda: Message.objects.update(pack_id="0" * 32),
    "is not the one received": lambda: LogEntry.objects.update(entry=b"other"),
    "is not the one its hash names": lambda: GrantBody.objects.update(body=b"other"),
    "stands in no entry": lambda: GrantBody.objects.update(log_seq=9),
    "has no grant body": lambda: GrantBody.objects.all().delete(),
    "tenant .* does not exist": lambda: Person.objects.update(tenant_id="0" * 32),
    "policy .* does not exist": lambda: Share.objects.create(
        account_id=Mailbox.objects.get().id, policy_id="0" * 64, reference="0" * 64, share=b""
    ),
    "work: message .* does not exist": lambda: Work.objects.create(
        account_id=Mailbox.objects.get().id, message_id="0" * 32, created_modseq=1, modseq=1
    ),
    "person .* does not exist": lambda: Membership.objects.update(person_id="0" * 32),
    "account .* does not exist": lambda: Mailbox.objects.all().delete(),
}


@pytest.mark.parametrize("sentence", DAMAGE)
def test_damage_is_found(practice, clear_mail, sentence):
    alice = practice.open("alice")
    deliver.deliver("x@y.example", [alice.address], clear_mail(text="x" * 300_000))
    assert list(integrity.check_references()) == []
    DAMAGE[sentence]()
    findings = "\n".join(integrity.check_references())
    assert re.search(sentence, findings), findings
    with pytest.raises(CommandError):
        call_command("check_references")

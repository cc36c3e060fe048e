"""`fill_folder.py ADDRESS COUNT`, run with the server's environment: that many messages in the inbox, all alike inside."""

import os
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402 - Django first

from webmail.domain import blobs, placing  # noqa: E402
from webmail.domain.change import Kind, changing  # noqa: E402
from webmail.models import Address, Blob, Folder, Message  # noqa: E402
from webmail.models.columns import new_identifier  # noqa: E402

STEP = 5_000
SUMMARY = os.urandom(1_000)


def main(address: str, count: int) -> None:
    account_id = Address.objects.get(address=address).account_id
    for start in range(0, count, STEP):
        fill(account_id, start, min(STEP, count - start))


def fill(account_id: str, start: int, count: int) -> None:
    now = timezone.now()
    with changing(account_id) as change:
        inbox = Folder.objects.get(account_id=account_id, role=Folder.Role.INBOX)
        kept = [blobs.prepare(account_id, os.urandom(200)) for _ in range(count)]
        messages = [
            Message(
                account_id=account_id,
                id=new_identifier(),
                blob_id=blob.id,
                thread_id=new_identifier(),
                received_at=now + timedelta(seconds=start + number),
                size=blob.size,
                summary=SUMMARY,
                epoch=1,
                created_modseq=change.next(Kind.EMAIL),
                modseq=change.next(Kind.EMAIL),
            )
            for number, blob in enumerate(kept)
        ]
        Blob.objects.bulk_create(kept, batch_size=1_000)
        Message.objects.bulk_create(messages, batch_size=1_000)
        placing.place_all(change, [(message, inbox.id) for message in messages])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

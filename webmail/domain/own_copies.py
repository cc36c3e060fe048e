"""Copies that somebody who sees only part of a mailbox has just put there, in a folder that he does not see.

He may send such a copy, or take it back before it is sent; everything else that he cannot read does not exist for him.
"""

from datetime import timedelta

from django.utils import timezone

from webmail.domain.tokens import token
from webmail.models import SeenToken, Submission

KEPT = timedelta(hours=1)  # from putting it there to sending it


def note(account_id: str, person_id: str, message_id: str) -> None:
    """Remember whose copy it is."""
    SeenToken.objects.create(
        account_id=account_id,
        token=_name(account_id, person_id, message_id),
        kind=SeenToken.Kind.COPY,
        reference=message_id,
        expires_at=timezone.now() + KEPT,
    )


def unsent(account_id: str, person_id: str, message_ids: list[str]) -> list[str]:
    """Those of them that are his and were not sent yet."""
    names = {_name(account_id, person_id, one): one for one in message_ids}
    rows = SeenToken.objects.filter(account_id=account_id, token__in=names, expires_at__gt=timezone.now())
    own = [names[row.token] for row in rows]
    sent = Submission.objects.filter(account_id=account_id, message_id__in=own).values_list("message_id", flat=True)
    return sorted(set(own) - set(sent))


def _name(account_id: str, person_id: str, message_id: str) -> str:
    return token("copy", account_id.encode(), person_id.encode(), message_id.encode())

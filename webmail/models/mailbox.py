"""One address with its keys and mail: a French *BAL*, one JMAP account."""

from django.db import models

from webmail.models.columns import identifier

DEFAULT_QUOTA = 10 * 2**30


class Mailbox(models.Model):
    """`id` is the `account_id` of every row below it. The `*_state` columns hold the `modseq` of the last change of
    that JMAP type; `modseq` is the highest of them. Whoever changes an account locks this row first.
    """

    class Kind(models.TextChoices):
        PER = "PER", "person"
        ORG = "ORG", "service"
        APP = "APP", "software"
        CAB = "CAB", "practice"

    class Status(models.TextChoices):
        OPENING = "opening"  # certificates are issued, the genesis entry is awaited
        OPEN = "open"
        CLOSED = "closed"

    id = identifier(primary_key=True)
    address = models.CharField(max_length=254)
    kind = models.CharField(max_length=3, choices=Kind, default=Kind.PER)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPENING)
    created_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64, blank=True)  # credential reference of whoever opens it
    epoch = models.PositiveIntegerField(default=1)
    tenant_id = identifier(blank=True, db_index=True)
    key_change_due = models.BooleanField(default=False)
    key_change_for_cause = models.BooleanField(
        default=False
    )  # lost card, recovery: the old certificate is then revoked at once
    restore = models.BinaryField(default=b"")  # a restore statement (FORMATS), made after an older backup was put back
    quota_bytes = models.BigIntegerField(default=DEFAULT_QUOTA)
    used_bytes = models.BigIntegerField(default=0)
    modseq = models.BigIntegerField(default=0)
    email_state = models.BigIntegerField(default=0)
    folder_state = models.BigIntegerField(default=0)
    submission_state = models.BigIntegerField(default=0)
    object_state = models.BigIntegerField(default=0)
    key_state = models.BigIntegerField(default=0)
    member_state = models.BigIntegerField(default=0)
    work_state = models.BigIntegerField(default=0)
    letter_state = models.BigIntegerField(default=0)
    per_person_unread = models.BooleanField(default=False)  # each member has read marks of an own (models/work.py)
    trace_length = models.BigIntegerField(default=0)
    trace_head = models.BinaryField(default=b"")

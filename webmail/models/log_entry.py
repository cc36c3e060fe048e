"""One entry of a mailbox's membership log, as its signer made it."""

from django.db import models

from webmail.models.columns import identifier


class LogEntry(models.Model):
    pk = models.CompositePrimaryKey("account_id", "seq")
    account_id = identifier()
    seq = models.PositiveIntegerField()
    entry = models.BinaryField()  # DER ContentInfo
    head = models.BinaryField()  # SHA-256 of `entry`
    received_at = models.DateTimeField()
    modseq = models.BigIntegerField(default=0)

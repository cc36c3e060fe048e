"""What was destroyed, for `/changes`."""

from django.db import models

from webmail.models.columns import identifier


class Tombstone(models.Model):
    """`kind` is the JMAP type: Email, Mailbox, EmailSubmission, SealedObject, SignatureBook, Work."""

    pk = models.CompositePrimaryKey("account_id", "kind", "id")
    account_id = identifier()
    kind = models.CharField(max_length=16)
    id = identifier()
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()
    destroyed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "kind", "modseq"], name="tombstone_modseq")]

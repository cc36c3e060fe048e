"""A JMAP Email: one stored, sealed object."""

from django.db import models

from webmail.models.columns import identifier


class Message(models.Model):
    """`keywords` is a sorted set written as ` $flagged $seen ` (a blank around each, or the empty string); which words
    exist is decided by `domain.keywords`, since free words would be content. `size` is the size of the sealed blob. A `confidential`
    one has no summary, and its blob and list row lie under a key that only owners hold (docs/FORMATS.md, *Confidential messages*).
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    blob_id = identifier()
    thread_id = identifier()
    received_at = models.DateTimeField()
    size = models.PositiveIntegerField()
    keywords = models.TextField(blank=True)
    seen = models.BooleanField(default=False)
    summary = models.BinaryField()  # sealed with the label pli-summary
    epoch = models.PositiveIntegerField()
    pack_id = identifier(blank=True)
    confidential = models.BooleanField(default=False)
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "received_at", "id"], name="message_received"),
            models.Index(fields=["account_id", "modseq"], name="message_modseq"),
            models.Index(fields=["account_id", "thread_id"], name="message_thread"),
            models.Index(fields=["account_id", "blob_id"], name="message_blob"),
            models.Index(fields=["account_id", "pack_id"], name="message_pack"),
            # Mostly empty: who may see everything but these is answered without a walk through the rest.
            models.Index(
                fields=["account_id", "id"], name="message_confidential", condition=models.Q(confidential=True)
            ),
        ]

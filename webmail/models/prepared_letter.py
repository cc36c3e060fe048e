"""A letter that a secretary has put into the signature book."""

from django.db import models

from webmail.models.columns import identifier


class PreparedLetter(models.Model):
    """The letter is the sealed draft `object_id`; a remark, or what was sent, is the sealed object `note_object_id`. The server
    reads neither. Of a signed letter the draft is gone, and `email_id` is the copy in "sent".
    """

    class State(models.TextChoices):
        PREPARED = "prepared"
        RETURNED = "returned"
        SENDING = "sending"
        FAILED = "failed"
        SIGNED = "signed"

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    prepared_by = identifier()
    object_id = identifier()
    state = models.CharField(max_length=8, choices=State, default=State.PREPARED)
    note_object_id = identifier(blank=True)
    email_id = identifier(blank=True)
    failure = models.CharField(max_length=64, blank=True)
    prepared_at = models.DateTimeField()
    updated_by = identifier(blank=True)
    updated_at = models.DateTimeField()
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "modseq"], name="letter_modseq")]

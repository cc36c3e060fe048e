"""A letter that a secretary has put into the signature book."""

from django.db import models

from webmail.models.columns import identifier


class PreparedLetter(models.Model):
    """The letter is the sealed draft `object_id`; a remark is the sealed object `note_object_id`. The server reads neither."""

    class State(models.TextChoices):
        PREPARED = "prepared"
        RETURNED = "returned"
        SIGNED = "signed"

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    prepared_by = identifier()
    object_id = identifier()
    state = models.CharField(max_length=8, choices=State, default=State.PREPARED)
    note_object_id = identifier(blank=True)
    updated_by = identifier(blank=True)
    updated_at = models.DateTimeField()
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "modseq"], name="letter_modseq")]

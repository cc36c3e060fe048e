"""Who of a service does what with a message, and who has not read it yet."""

from django.db import models

from webmail.models.columns import identifier


class Work(models.Model):
    """Person ids; "" means nobody. Who answers does so until `answering_until`, unless the page says again that he does."""

    pk = models.CompositePrimaryKey("account_id", "message_id")
    account_id = identifier()
    message_id = identifier()
    assigned_to = identifier(blank=True)
    answering_by = identifier(blank=True)
    answering_since = models.DateTimeField(null=True)
    answering_until = models.DateTimeField(null=True)
    done_by = identifier(blank=True)
    done_at = models.DateTimeField(null=True)
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "modseq"], name="work_modseq"),
            models.Index(fields=["account_id", "assigned_to"], name="work_assigned"),
        ]


class Unread(models.Model):
    """A message that this person has not read, in a mailbox whose members keep read marks of their own."""

    pk = models.CompositePrimaryKey("account_id", "person_id", "message_id")
    account_id = identifier()
    person_id = identifier()
    message_id = identifier()

    class Meta:
        indexes = [models.Index(fields=["account_id", "message_id"], name="unread_message")]

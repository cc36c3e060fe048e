"""A JMAP Mailbox: inbox, sent, and so on. Its counters are kept, never counted."""

from django.db import models

from webmail.models.columns import identifier


class Folder(models.Model):
    """A folder with a role has no name of its own; any other is named by the sealed object `name_object_id`, of class
    `folder`.
    """

    class Role(models.TextChoices):
        INBOX = "inbox"
        SENT = "sent"
        DRAFTS = "drafts"
        ARCHIVE = "archive"
        JUNK = "junk"
        TRASH = "trash"
        NONE = ""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    role = models.CharField(max_length=8, choices=Role, blank=True)
    parent_id = identifier(blank=True)
    name_object_id = identifier(blank=True)
    sort_order = models.PositiveIntegerField(default=0)
    uid_validity = models.BigIntegerField()
    uid_next = models.BigIntegerField(default=1)
    total = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)
    created_modseq = models.BigIntegerField()
    modseq = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "role"], condition=~models.Q(role=""), name="folder_role_once"
            )
        ]
        indexes = [models.Index(fields=["account_id", "modseq"], name="folder_modseq")]

"""A message in a folder, with its IMAP uid; `received_at` is repeated so that a list is read from one index."""

from django.db import models

from webmail.models.columns import identifier


class MessageFolder(models.Model):
    pk = models.CompositePrimaryKey("account_id", "folder_id", "message_id")
    account_id = identifier()
    folder_id = identifier()
    message_id = identifier()
    received_at = models.DateTimeField()
    uid = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "folder_id", "uid"], name="message_uid_once")]
        indexes = [
            models.Index(fields=["account_id", "folder_id", "received_at", "message_id"], name="message_folder_list"),
            models.Index(fields=["account_id", "message_id", "folder_id"], name="message_folder_message"),
        ]

"""The clear part of every grant a log entry ever listed: served to all members, so that each bridge replays the whole log."""

from django.db import models

from webmail.models.columns import identifier


class GrantBody(models.Model):
    """`id` is the hex SHA-256 of `body`, DER GrantBody (docs/FORMATS.md): names, roles and dates, no secret."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = models.CharField(max_length=64)
    body = models.BinaryField()
    log_seq = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "log_seq"], name="grant_body_entry")]

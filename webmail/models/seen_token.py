"""Keyed hashes of what was seen: a delivery (so that a retry is not stored twice) or a Message-ID (its thread)."""

from django.db import models

from webmail.models.columns import identifier


class SeenToken(models.Model):
    class Kind(models.TextChoices):
        DELIVERY = "delivery"
        THREAD = "thread"

    pk = models.CompositePrimaryKey("account_id", "token")
    account_id = identifier()
    token = models.CharField(max_length=64)  # hex HMAC-SHA256; the kind is part of what is hashed
    kind = models.CharField(max_length=8, choices=Kind)
    reference = identifier(blank=True)  # message id, or thread id
    expires_at = models.DateTimeField(db_index=True)

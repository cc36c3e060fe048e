"""Keyed hashes of what was seen: a delivery (so that a retry is not stored twice), a Message-ID (its thread), or who put a copy where
he does not look.
"""

from django.db import models

from webmail.models.columns import identifier


class SeenToken(models.Model):
    class Kind(models.TextChoices):
        DELIVERY = "delivery"
        THREAD = "thread"
        COPY = "copy"

    pk = models.CompositePrimaryKey("account_id", "token")
    account_id = identifier()
    token = models.CharField(max_length=64)  # hex HMAC-SHA256; the kind is part of what is hashed
    kind = models.CharField(max_length=8, choices=Kind)
    reference = identifier(blank=True)  # message id, or thread id
    expires_at = models.DateTimeField(db_index=True)

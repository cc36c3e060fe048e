"""What gives one holder one epoch of one mailbox: stored and served, opened only by the holder."""

from django.db import models

from webmail.models.columns import identifier


class Grant(models.Model):
    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    body_id = models.CharField(max_length=64, blank=True)  # hex SHA-256 of its body: GrantBody, Membership
    epoch = models.PositiveIntegerField()
    person_id = identifier(blank=True)
    holder_kind = models.CharField(max_length=8)
    holder_reference = models.CharField(max_length=64)
    role = models.CharField(max_length=8)
    grant = models.BinaryField()  # DER Grant (FORMATS)
    log_seq = models.PositiveIntegerField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    modseq = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "person_id"], name="grant_person"),
            models.Index(fields=["holder_reference"], name="grant_holder"),
        ]

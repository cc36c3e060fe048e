"""Which person may use which mailbox, and from when to when."""

from django.db import models

from webmail.models.columns import identifier


class Membership(models.Model):
    class Role(models.TextChoices):
        READER = "reader"
        SENDER = "sender"
        MANAGER = "manager"
        OWNER = "owner"

    pk = models.CompositePrimaryKey("account_id", "person_id")
    account_id = identifier()
    person_id = identifier()
    role = models.CharField(max_length=8, choices=Role)
    history_from_epoch = models.PositiveIntegerField(default=1)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person_id"], name="membership_person")]

"""One wire message on its way to addresses outside this server."""

from django.db import models

from webmail.models.columns import identifier


class OutboxItem(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    id = identifier(primary_key=True)
    account_id = identifier()
    submission_id = identifier()
    blob_id = identifier()
    mail_from = models.CharField(max_length=254)
    recipients = models.JSONField()  # emptied at the final state
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_holder = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_at"], name="outbox_due")]

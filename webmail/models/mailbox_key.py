"""The public side of one epoch of a mailbox's keys."""

from django.db import models

from webmail.models.columns import identifier


class MailboxKey(models.Model):
    """Certificates and binding are DER; `chain` is a list of base64 DER certificates, issuer first."""

    class State(models.TextChoices):
        PENDING = "pending"  # certified, not yet bound by a log entry
        CURRENT = "current"
        RETIRED = "retired"

    pk = models.CompositePrimaryKey("account_id", "epoch")
    account_id = identifier()
    epoch = models.PositiveIntegerField()
    encryption_certificate = models.BinaryField()
    signature_certificate = models.BinaryField()
    chain = models.JSONField(default=list)
    binding = models.BinaryField(default=b"")
    history = models.BinaryField(default=b"")  # earlier epochs, sealed under this one's storage key (FORMATS)
    log_seq = models.PositiveIntegerField(null=True)  # the entry that signs the binding
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    not_after_senders = models.DateTimeField(null=True)  # once retired: till then mail sealed to it is no wonder
    created_at = models.DateTimeField()
    modseq = models.BigIntegerField(default=0)

"""Recovery by officers and break-glass: the rule, its shares, and the requests made of it (docs/FORMATS.md, Recovery)."""

from django.db import models

from webmail.models.columns import identifier


class RecoveryPolicy(models.Model):
    """`id` is the hex SHA-256 of `policy`, DER RecoveryPolicy. Used once: then `spent_at` stands and the keys change."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = models.CharField(max_length=64)
    policy = models.BinaryField()
    log_seq = models.PositiveIntegerField()
    spent_at = models.DateTimeField(null=True)


class Share(models.Model):
    """One holder's share, sealed to his card; `reference` is the hex SHA-256 of his certificate."""

    pk = models.CompositePrimaryKey("account_id", "policy_id", "reference")
    account_id = identifier()
    policy_id = models.CharField(max_length=64)
    reference = models.CharField(max_length=64)
    person_id = identifier(blank=True)
    share = models.BinaryField()  # SealedShare

    class Meta:
        indexes = [models.Index(fields=["person_id"], name="share_person")]


class RecoveryRequest(models.Model):
    """Someone asks the holders of a policy to open a mailbox. `releases` are base64 shares sealed to the request's key."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    policy_id = models.CharField(max_length=64)
    requester_id = identifier()
    request = models.BinaryField()  # SignedData over a RecoveryRequest, DER
    digest = models.CharField(max_length=64)  # hex SHA-256 of `request`, as log entries name it
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    releases = models.JSONField(default=list, blank=True)  # {"personId", "logSeq", "release"} each
    opened_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)  # opened_at and the minutes of the policy
    message_limit = models.PositiveIntegerField(default=0)  # as the policy says; 0: none
    ended_at = models.DateTimeField(null=True)
    messages_opened = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["requester_id"], name="recovery_requester")]

"""A colleague named by number and name before Pli knows a certificate to grant to."""

from django.db import models

from webmail.models.columns import identifier
from webmail.models.membership import Membership


class Invitation(models.Model):
    """Pending until that person first logs in with a card; then the granter's next visit completes it by a grant."""

    class State(models.TextChoices):
        PENDING = "pending"
        READY = "ready"  # the card came, number and name agree
        DONE = "done"
        REFUSED = "refused"  # the number came with another name, or the granter took it back

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    id_type = models.CharField(max_length=16)
    id_value = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    person_id = identifier(blank=True)  # once known
    role = models.CharField(max_length=8, choices=Membership.Role)
    profile = models.CharField(max_length=12, choices=Membership.Profile, default=Membership.Profile.MEMBER)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    folders = models.JSONField(default=list, blank=True)
    history = models.CharField(max_length=3, default="all")  # all, now
    by_person = identifier()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=32, blank=True)  # why refused: name-differs, withdrawn
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["id_type", "id_value"], name="invitation_identity")]

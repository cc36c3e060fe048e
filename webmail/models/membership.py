"""Which person may use which mailbox, and from when to when: the server's cache of what the membership log says."""

from django.db import models

from webmail.models.columns import identifier


class Membership(models.Model):
    """One row per grant body that names a person here (docs/FORMATS.md, GrantBody): someone who replaces a colleague in May
    and is on duty in June has two, and each moment the rights of those in force. `id` is the hex SHA-256 of the body.

    `profile` and `folders` are rules of this server alone; the log knows nothing of them.
    """

    class Role(models.TextChoices):
        READER = "reader"
        SENDER = "sender"
        MANAGER = "manager"
        OWNER = "owner"

    class Profile(models.TextChoices):
        MEMBER = "member"
        REPLACEMENT = "replacement"
        DUTY = "duty"  # only within the slots of the roster
        SECRETARY = "secretary"
        OFFICER = "officer"

    class State(models.TextChoices):
        ACTIVE = "active"
        PENDING = "pending"  # a second manager has not confirmed it yet
        ENDED = "ended"

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = models.CharField(max_length=64)
    person_id = identifier()
    role = models.CharField(max_length=8, choices=Role)
    profile = models.CharField(max_length=12, choices=Profile, default=Profile.MEMBER)
    folders = models.JSONField(default=list, blank=True)  # folder ids; empty: all
    history_from_epoch = models.PositiveIntegerField(default=1)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    revoked_at = models.DateTimeField(null=True)  # ended by hand, or replaced by a body of a later act
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "person_id"], name="member_account"),
            models.Index(fields=["person_id"], name="member_person"),
            models.Index(fields=["not_after"], name="member_end"),
        ]

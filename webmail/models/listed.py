"""Whom and what an establishment put on its list: people and inboxes that may not be here yet."""

from django.db import models

from webmail.models.columns import identifier
from webmail.models.mailbox import Mailbox


class ListedPerson(models.Model):
    """Somebody awaited: the address is kept for this number, and given to the card that proves it.

    `inboxes` says in which inboxes of the list, by address, the person is to be invited, and as what.
    """

    class Reason(models.TextChoices):
        NONE = ""
        NAME_DIFFERS = "name-differs"  # the card of this number bears another name

    id = identifier(primary_key=True)
    tenant_id = identifier(db_index=True)
    id_type = models.CharField(max_length=16)
    id_value = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=254, unique=True)
    administrator = models.BooleanField(default=False)
    inboxes = models.JSONField(default=dict, blank=True)
    person_id = identifier(blank=True, db_index=True)  # once here
    reason = models.CharField(max_length=16, choices=Reason, default=Reason.NONE, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id_type", "id_value"], name="listed_once")]


class ListedInbox(models.Model):
    """A mailbox that is no person's, and who is to open it with his card."""

    id = identifier(primary_key=True)
    tenant_id = identifier(db_index=True)
    address = models.CharField(max_length=254, unique=True)
    kind = models.CharField(max_length=3, choices=Mailbox.Kind, default=Mailbox.Kind.ORG)
    name = models.CharField(max_length=200)
    opener_type = models.CharField(max_length=16)
    opener_value = models.CharField(max_length=64, db_index=True)
    account_id = identifier(blank=True)  # once open
    created_at = models.DateTimeField()

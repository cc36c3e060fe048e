"""An establishment or a regional network on this server: its domain, its administrators and its rules."""

from django.db import models

from webmail.models.columns import identifier


class Tenant(models.Model):
    """Persons and mailboxes without a `tenant_id` follow the defaults below. Numbers of days: 0 means no limit."""

    id = identifier(primary_key=True)
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, unique=True)
    timezone = models.CharField(max_length=64, default="Europe/Paris")  # IANA name; an offset would not know summer
    card_required = models.BooleanField(default=False)
    no_bridge_allowed = models.BooleanField(default=True)
    recovery_required = models.BooleanField(default=False)
    delegation_days_max = models.PositiveIntegerField(default=0)
    retention_days = models.PositiveIntegerField(default=0)  # of the access trace
    members_open_services = models.BooleanField(
        default=True
    )  # else only administrators open ORG, CAB and APP mailboxes
    listed_only = models.BooleanField(default=False)  # mailboxes of the domain are opened for those on the list only
    administrators = models.JSONField(default=list, blank=True)  # person ids
    created_at = models.DateTimeField()

"""One line of a mailbox's access trace, chained to the one before it."""

from django.db import models

from webmail.models.columns import identifier


class AccessEvent(models.Model):
    pk = models.CompositePrimaryKey("account_id", "seq")
    account_id = identifier()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    person_id = identifier(blank=True)
    on_behalf_of = identifier(blank=True)  # whose mailbox or right was used: the owner's person id
    credential = models.CharField(max_length=64, blank=True)  # its reference: by which card, passkey or code
    client_kind = models.CharField(max_length=16, blank=True)  # bridge, browser, program
    address = models.GenericIPAddressField(null=True)  # from where
    act = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField(default=1)
    digest = models.BinaryField()  # SHA-256 over the previous digest and this line (domain.trace)

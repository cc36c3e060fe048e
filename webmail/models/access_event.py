"""One line of a mailbox's access trace, chained to the one before it."""

from django.db import models

from webmail.models.columns import identifier


class AccessEvent(models.Model):
    """Columns are what `domain.trace` chains, in the order in which they came to be; a new one goes last."""

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
    through = models.CharField(
        max_length=12, blank=True
    )  # a delegate's profile, `officer` or `recovery`; "": his own right
    message_set = models.CharField(max_length=64, blank=True)  # which messages could be read: MessageSet.id
    report_id = identifier(blank=True)  # the device's own name for what it reports, so that a repetition counts once
    part = models.PositiveSmallIntegerField(null=True)  # the attachment, by its place in the message from 1
    digest = models.BinaryField()  # SHA-256 over the previous digest and this line (domain.trace)

    class Meta:
        indexes = [models.Index(fields=["account_id", "object_id"], name="access_object")]

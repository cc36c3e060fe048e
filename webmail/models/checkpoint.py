"""A day's end of an access trace, signed: whoever keeps one notices when the trace is rewritten later."""

from django.db import models

from webmail.models.columns import identifier


class Checkpoint(models.Model):
    """`seq` lines stood at the end of `day` (UTC), the last with the digest `head`; `signature` is a CMS SignedData over both."""

    pk = models.CompositePrimaryKey("account_id", "day")
    account_id = identifier()
    day = models.DateField()
    seq = models.BigIntegerField()
    head = models.BinaryField()
    signature = models.BinaryField()

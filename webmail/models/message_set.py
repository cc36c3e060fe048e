"""Messages that were served together: what a line `could-read` of the access trace stands for."""

from django.db import models

from webmail.models.columns import identifier


class MessageSet(models.Model):
    """`id` is the hex SHA-256 of `ids`: the message ids, 16 octets each, ascending. A pack served again costs no new row."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = models.CharField(max_length=64)
    ids = models.BinaryField()

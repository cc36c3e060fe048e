"""Which mailbox an address leads to."""

from django.db import models

from webmail.models.columns import identifier


class Address(models.Model):
    """`address` is lower case, ASCII, RFC 5321 `Mailbox` form."""

    address = models.CharField(max_length=254, primary_key=True)
    account_id = identifier(db_index=True)
    primary = models.BooleanField(default=True)
    reserved_until = models.DateTimeField(null=True)  # while the account is being opened

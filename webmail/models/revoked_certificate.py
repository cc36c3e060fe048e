"""A mailbox certificate that the operator no longer stands for: what its next revocation list says."""

from django.db import models

from webmail.models.columns import identifier


class RevokedCertificate(models.Model):
    serial = models.CharField(max_length=40, primary_key=True)  # hex, RFC 5280 §4.1.2.2: at most 20 octets
    account_id = identifier()
    epoch = models.PositiveIntegerField()
    not_after = models.DateTimeField()  # of the certificate: a list names nobody for ever
    revoked_at = models.DateTimeField()

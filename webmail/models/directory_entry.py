"""A correspondent outside this server, with the certificate to write to."""

from django.db import models

from webmail.models.folding import FOLDED_LENGTH, FoldedNameField


class DirectoryEntry(models.Model):
    address = models.CharField(max_length=254, primary_key=True)
    name = models.CharField(max_length=200, db_index=True)
    folded_name = FoldedNameField(max_length=FOLDED_LENGTH, editable=False)
    id_type = models.CharField(max_length=16, blank=True)
    id_value = models.CharField(max_length=64, blank=True)
    profession = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=3, default="PER")
    encryption_certificate = models.BinaryField(default=b"")  # DER
    signature_certificate = models.BinaryField(default=b"")
    chain = models.JSONField(default=list)  # base64 DER, issuer first
    source = models.CharField(max_length=32, default="file")
    updated_at = models.DateTimeField()

"""A stored ciphertext: inline in the row when small, else a file named by its random id."""

from django.db import models

from webmail.models.columns import identifier


class Blob(models.Model):
    """`sha256` is of the stored ciphertext. A blob nobody refers to by `expires_at` is swept."""

    class Place(models.TextChoices):
        ROW = "row"
        FILE = "file"

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = identifier()
    id = identifier()
    place = models.CharField(max_length=4, choices=Place)
    data = models.BinaryField(default=b"")
    size = models.PositiveIntegerField()
    sha256 = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # null once something refers to it

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="blob_expiry")]

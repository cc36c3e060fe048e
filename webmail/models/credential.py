"""What a person logs in with: a card's authentication certificate, or a passkey."""

from django.db import models

from webmail.models.columns import identifier


class Credential(models.Model):
    """`reference` is the grant holder's reference (FORMATS): hex SHA-256 of the certificate or of the credential id."""

    class Kind(models.TextChoices):
        CARD = "card"
        PASSKEY = "passkey"

    id = identifier(primary_key=True)
    person_id = identifier(db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    reference = models.CharField(max_length=64, unique=True)
    certificate = models.BinaryField(default=b"")  # DER, cards only
    credential_id = models.BinaryField(default=b"")  # passkeys only, as the four below
    public_key = models.BinaryField(default=b"")  # COSE_Key
    prf_salt = models.BinaryField(default=b"")
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

"""What a person logs in with: a card's authentication certificate, a passkey, or a printed recovery code."""

from django.db import models

from webmail.models.columns import identifier


class Credential(models.Model):
    """`reference` is the grant holder's reference (FORMATS): hex SHA-256 of the certificate, of the credential id, or of the
    recovery code's login key; a code's grant is for another key of it, whose hash is `grant_reference`.

    Of a card whose key opens grants, `unwrap_certificate`, `unwrap_chain` (base64 DER, issuer first) and the card's own `proof` of
    its algorithms are served to colleagues, who can then grant to somebody absent.
    """

    class Kind(models.TextChoices):
        CARD = "card"
        PASSKEY = "passkey"
        RECOVERY = "recovery"

    id = identifier(primary_key=True)
    person_id = identifier(db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    reference = models.CharField(max_length=64, unique=True)
    grant_reference = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=100, blank=True)  # of a passkey, as its holder calls it
    certificate = models.BinaryField(default=b"")  # DER, cards only, as the three below
    unwrap_certificate = models.BinaryField(default=b"")
    unwrap_chain = models.JSONField(default=list, blank=True)
    proof = models.BinaryField(default=b"")  # CardProof (FORMATS)
    credential_id = models.BinaryField(default=b"")  # passkeys only
    public_key = models.BinaryField(default=b"")  # COSE_Key; of a recovery code the P-256 point, uncompressed
    prf_salt = models.BinaryField(default=b"")  # passkeys only, as the next
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    reminded_days = models.PositiveIntegerField(null=True)  # before its end: the last reminder sent (90, 30, 7)

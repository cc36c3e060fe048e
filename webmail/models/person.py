"""A human login."""

from django.db import models

from webmail.models.columns import identifier
from webmail.models.folding import FOLDED_LENGTH, FoldedNameField


class Person(models.Model):
    """`id_type` and `id_value` are what the card proved ("RPPS", 11 digits), both empty for a passkey person."""

    class Level(models.TextChoices):
        CARD = "card"
        SOFTWARE = "software"
        PASSKEY = "passkey"

    id = identifier(primary_key=True)
    level = models.CharField(max_length=8, choices=Level)
    id_type = models.CharField(max_length=16, blank=True)
    id_value = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    folded_name = FoldedNameField(max_length=FOLDED_LENGTH, editable=False)
    profession = models.CharField(max_length=200, blank=True)
    tenant_id = identifier(blank=True, db_index=True)
    created_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)  # offboarded: no login any more

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id_type", "id_value"], condition=~models.Q(id_value=""), name="person_identity_once"
            )
        ]

    @property
    def rpps_number(self) -> str:
        """The RPPS number, or "" for a person without one."""
        return self.id_value if self.id_type == "RPPS" else ""

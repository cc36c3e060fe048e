"""A login challenge: single use, five minutes, bound to one browser session."""

from django.db import models


class Challenge(models.Model):
    digest = models.CharField(max_length=64, primary_key=True)  # hex SHA-256 over purpose, session and challenge
    expires_at = models.DateTimeField(db_index=True)

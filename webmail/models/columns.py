"""The few column shapes that every table shares."""

import secrets
from typing import Any

from django.db import models

IDENTIFIER_LENGTH = 32


def new_identifier() -> str:
    """128 random bits as 32 lower-case hex digits: says nothing of what it names."""
    return secrets.token_hex(16)


def identifier(**options: Any) -> "models.CharField[str, str]":
    """A column for an identifier made by `new_identifier`, or by a client in the same form."""
    return models.CharField(max_length=IDENTIFIER_LENGTH, **options)

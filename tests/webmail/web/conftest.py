"""Alice and Bob at browsers of their own, each with an opened mailbox; nobody is logged in yet."""

from typing import Any

import pytest
from django.core.cache import cache

from tests.webmail.practitioner import Practitioner


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """No test inherits the rate counters of another."""
    cache.clear()


@pytest.fixture
def alice(practice: Any) -> Practitioner:
    return Practitioner(practice.holder("alice"), practice.open("alice"))


@pytest.fixture
def bob(practice: Any) -> Practitioner:
    return Practitioner(practice.holder("bob"), practice.open("bob"))

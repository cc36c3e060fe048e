"""Alice and Bob, each logged in at a browser of their own with an opened mailbox."""

from typing import Any

import pytest
from django.core.cache import cache

from tests.webmail.practitioner import Practitioner


def logged_in(practice: Any, name: str) -> Practitioner:
    person = Practitioner(practice.holder(name), practice.open(name))
    person.log_in()
    return person


@pytest.fixture
def alice(practice: Any) -> Practitioner:
    cache.clear()
    return logged_in(practice, "alice")


@pytest.fixture
def bob(practice: Any) -> Practitioner:
    return logged_in(practice, "bob")

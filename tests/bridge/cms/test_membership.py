"""Replaying a membership log: security.md §6 tests 3, 5, 8, 10, 11, 13 and 18; every rule is a case of tests/vectors."""

import pytest

from bridge.cms.errors import CmsError
from tests.vectors.memberships import CASES


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    write, expect = CASES[name]
    found = "ok"
    try:
        write().replay()
    except CmsError as error:
        found = getattr(error, "reason", error.code)
    assert found == expect

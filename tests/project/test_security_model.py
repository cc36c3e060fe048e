"""Every promise of SECURITY-MODEL names a test; that it exists is test_documents.py's."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / "docs" / "SECURITY-MODEL.md").read_text("utf-8")
PROMISES = re.split(r"^\d+\. ", MODEL.split("## Promises")[1].split("## Not promised")[0], flags=re.MULTILINE)[1:]
NAMED = re.compile(r"`(tests/[\w/.-]+)(?:::(\w+))?`")


def test_promises_are_numbered_without_gap():
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", MODEL, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(PROMISES) + 1))


def test_every_promise_names_a_test():
    assert [promise[:60] for promise in PROMISES if not NAMED.search(promise)] == []

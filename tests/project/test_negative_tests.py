"""Every negative test of reference security §6 that an issue asked for exists, found by its number.

In Python `@pytest.mark.negative(21)`; in JavaScript `[N21]` in the test's name.
"""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
MARKED = re.compile(r"mark\.negative\(([\d, ]+)\)")
NAMED = re.compile(r"\[N(\d+)\]")
WANTED = {*range(1, 67), *range(70, 75)}  # 67 to 69 belong to the operator's mail doors


def numbers_in_python() -> set[int]:
    texts = [file.read_text("utf-8") for file in TESTS.rglob("test_*.py") if file != Path(__file__)]
    return {
        int(number) for text in texts for found in MARKED.findall(text) for number in found.split(",") if number.strip()
    }


def numbers_in_javascript() -> set[int]:
    return {int(number) for file in TESTS.rglob("*.test.js") for number in NAMED.findall(file.read_text("utf-8"))}


def test_every_negative_test_exists_by_number():
    assert sorted(WANTED - numbers_in_python() - numbers_in_javascript()) == []

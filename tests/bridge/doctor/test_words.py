from string import Formatter

import pytest

from bridge.doctor.findings import Finding
from bridge.doctor.words import WORDS, lines


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things():
    french, english = WORDS["fr"], WORDS["en"]
    assert french.keys() == english.keys()
    for code in french:
        assert [fields(text) for text in french[code]] == [fields(text) for text in english[code]]
        assert [bool(text) for text in french[code]] == [bool(text) for text in english[code]]


@pytest.mark.parametrize(
    "code", [code for code in WORDS["fr"] if code.isupper() or code.endswith(("-none", "-absent"))]
)
def test_what_is_not_well_has_a_next_step(code):
    if code != "policy-none":
        assert WORDS["fr"][code][1]


def test_a_line_is_filled_and_marked():
    assert lines(Finding("card", good=True, values={"card": "CPS Alice"}), "fr") == ["ok  Carte : CPS Alice"]
    assert lines(Finding("NO_CARD"), "en")[0] == "!!  No card is in the reader."

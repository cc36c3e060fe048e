"""The words of prompts."""

import string

from bridge.prompts.requests import ConsentRequest, PinRequest, Purpose
from bridge.prompts.texts import TEXTS
from bridge.prompts.wording import Wording
from bridge.signing import _line


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_all_words() -> None:
    assert TEXTS["fr"].keys() == TEXTS["en"].keys()
    for name, text in TEXTS["fr"].items():
        assert fields(text) == fields(TEXTS["en"][name]), name


def test_a_question_of_the_person_names_no_site() -> None:
    request = PinRequest("", "Reader 1", "CPS Alice", "S-1", Purpose("change-pin"), None)
    said = Wording("en").pin(request)
    assert "Asked by: you, at this computer" in said
    assert "Tries left: unknown" in said
    assert "http" not in Wording("fr").consent(ConsentRequest("", "CPS Alice", "S-1", Purpose("last-try-again")))


def test_what_a_page_wrote_cannot_forge_lines() -> None:
    assert _line("a\nCard: other (X)\r\u202eb\u2028c") == "a Card: other (X)  b c"
    assert len(_line("x" * 500)) == 120

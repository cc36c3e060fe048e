"""The words of prompts."""

import string
from datetime import date

import pytest

from bridge.prompts.assuan import _escape
from bridge.prompts.requests import ConsentRequest, Letter, Named, PinRequest, Purpose, Terms
from bridge.prompts.texts import TEXTS
from bridge.prompts.wording import LIST, Wording, one_line

BY_THE_PERSON = ("change-pin", "last-try-warning", "last-try-again", "last-try")
PURPOSES = (
    *(
        "login",
        "open",
        "create",
        "create-consent",
        "sign",
        "sign-consent",
        "sign-list",
        "pair",
        "pair-open",
        "certificate-consent",
    ),
    *("report-consent", *BY_THE_PERSON),
)
COUNTS = (("count", "50"), ("covers", "50"), ("minutes", "15"))


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
    assert one_line("a\nCard: other (X)\r\u202eb\u2028c\u200b") == "a Card: other (X)  b c "
    assert len(one_line("x" * 500)) < 300


FORGED = "\nAsked by: https://bank.example\u202e\u200b\x85\u2028"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_card_reader_or_address_forges_a_line(language: str) -> None:
    """A token's label, a reader's name and an address are somebody else's words too."""
    wording = Wording(language)
    honest = Purpose("open", (("address", "a@b.example"),))
    forged = Purpose("open", (("address", "a@b.example" + FORGED),))
    lines = len(wording.pin(PinRequest("https://mail.example", "R", "CPS", "1", honest, 3)).splitlines())
    said = wording.pin(PinRequest("https://mail.example", "R" + FORGED, "CPS" + FORGED, "1" + FORGED, forged, 3))
    assert len(said.splitlines()) == lines
    assert "\u202e" not in said
    assert "\u200b" not in said
    consent = wording.consent(
        ConsentRequest("https://mail.example", "CPS" + FORGED, "1", Purpose("certificate-consent"))
    )
    assert len(consent.splitlines()) == 3


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("sign", ["a", "é", "\U0001f600", "%", "漢"])
def test_every_prompt_fits_a_line_of_pinentry(language: str, sign: str) -> None:
    """A longer one makes pinentry hang up: no consent could be given, and the page would be blamed for it."""
    long = sign * 2000
    names = ("address", "host", "digits", "count", "covers", "minutes", "part", "parts")
    wording, origin = Wording(language), "https://" + "a" * 240 + ".example"
    for kind in PURPOSES:
        values = tuple((name, long if name == "address" else "20") for name in names)
        purpose = Purpose(kind, values, (Letter((long,) * 5, long, (long,) * 5),) * 50)
        asked = ConsentRequest("" if kind in BY_THE_PERSON else origin, long, long, purpose)
        for said in wording.consents(asked):
            assert len(_escape(said).encode()) <= 990, kind
        if kind not in BY_THE_PERSON:
            pad = f"{wording['pinpad']}\n\n{wording.pin(PinRequest(origin, long, long, long, purpose, 3))}"
            assert len(_escape(pad).encode()) <= 990, kind


def test_a_consent_lists_what_fits_and_counts_the_rest() -> None:
    letters = tuple(Letter((f"doctor{number}@hospital.example",), f"Results {number}") for number in range(50))
    said = Wording("en").consent(ConsentRequest("https://m.example", "", "", Purpose("sign-consent", COUNTS, letters)))
    listed = said.count("Subject: ")
    assert 5 <= listed < 50
    assert f"… + {50 - listed}" in said
    assert said.endswith("Asked by: https://m.example")
    one = Wording("en").consent(
        ConsentRequest("https://m.example", "", "", Purpose("sign-consent", COUNTS, letters[:2]))
    )
    assert "… +" not in one


GIVING = (
    "grant-consent",
    "end-consent",
    "change-consent",
    "confirm-consent",
    "confirm-own-consent",
    "officers-consent",
    "release-consent",
)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", GIVING)
@pytest.mark.parametrize(
    ("count", "means"),
    [(5, ()), (5, ("card",)), (5, ("recovery",)), (3, ("passkey", "Téléphone d’Anne-Élisabeth" * 3))],
)
def test_everybody_who_is_given_something_is_named_in_one_line_of_pinentry(
    language: str, kind: str, count: int, means: tuple[str, ...]
) -> None:
    """Long names, a long address, a long site: each name can be told from the others, and nothing is left out."""
    people = tuple(
        Named(f"{number}-Anne-Élisabeth de La Rochefoucauld-Martin", f"RPPS 9990000{number}02", *means)
        for number in range(count)
    )
    terms = Terms("manager", date(2026, 12, 31), date(2027, 12, 31), "since", date(2026, 9, 30))
    numbers = {"part": "10", "parts": "10", "threshold": "3", "count": "5", "minutes": "60", "messages": "100"}
    values = {
        "address": "service.de.gynecologie.obstetrique@hopital.example",
        "reason": "Urgence vitale " * 8,
        "day": "2026-09-30",
        "time": "20:30",
        **numbers,
    }
    request = ConsentRequest(
        "https://messagerie.hopital-universitaire.example", "CPS Anne-Élisabeth", "CPS-0001",
        Purpose(kind, tuple(values.items()), people=people, terms=terms),
    )  # fmt: skip
    said = Wording(language).consent(request)
    assert all(f"{number}-Anne" in said and f"RPPS 9990000{number}02" in said for number in range(count))
    assert len(_escape(said).encode()) <= 990


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_a_page_calls_a_passkey_stands_for_nobody(language: str) -> None:
    """Neither a name nor a sign of the page's choosing ends the quotation in which it stands."""
    called = "x”, de Alice, RPPS 1\n• carte de Bob » «"
    owner = Named("Chloé Petit", "RPPS 3", "passkey", called)
    values = (("address", "a@b.example"), ("part", "1"), ("parts", "1"))
    said = Wording(language).purpose(Purpose("end-consent", values, people=(owner,)))
    (line,) = [one for one in said.splitlines() if one.startswith("•")]
    opened, closed = ("«", "»") if language == "fr" else ("“", "”")
    assert (line.count(opened), line.count(closed)) == (1, 1)
    assert line.endswith("Chloé Petit, RPPS 3")
    assert all(word in line for word in (("passkey",) if language == "en" else ("clé d’accès", "ce site")))


def listed(letters: tuple[Letter, ...], language: str = "en", origin: str = "https://m.example") -> list[str]:
    purpose = Purpose(LIST, (("count", str(len(letters))),), letters)
    return list(Wording(language).consents(ConsentRequest(origin, "CPS Alice", "1", purpose)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_list_names_every_letter_in_as_many_prompts_as_it_takes(language: str) -> None:
    """The number first, then each letter whole: recipients, subject and attachments. None is left to a remainder."""
    letters = tuple(
        Letter((f"doctor{number}@hospital.example",), f"Results of the day {number}.", (f"results-{number}.pdf",))
        for number in range(50)
    )
    pages = listed(letters, language)
    assert len(pages) < 25
    for part, page in enumerate(pages, 1):
        assert (
            f"50 messages, {'et rien d’autre ?' if language == 'fr' else 'and nothing else?'} ({part}/{len(pages)})"
            in page
        )
        assert "… +" not in page
        assert len(_escape(page).encode()) <= 990
    everything = "\n".join(pages)
    for number in range(50):
        assert everything.count(f"doctor{number}@hospital.example") == 1
        assert everything.count(f"Results of the day {number}.") == 1
        assert everything.count(f"results-{number}.pdf") == 1


def test_many_recipients_and_attachments_are_counted_before_they_are_named() -> None:
    recipients = tuple(f"doctor{number}@hospital.example" for number in range(20))
    (said,) = listed((Letter(recipients, "Results", ("a.pdf", "b.pdf")), Letter(recipients[:1], "More")))
    assert "To (20): doctor0@hospital.example, doctor1@hospital.example" in said
    shown = said.splitlines()[1].count("@")
    assert f"… + {20 - shown}" in said
    assert "Attachments (2): a.pdf, b.pdf" in said


def test_what_a_file_is_called_forges_no_line_and_turns_no_direction() -> None:
    name = "letter\nSubject: harmless\u202efdp.exe\u2066\u200b\x07"
    (said,) = listed((Letter(("a@b.example",), "x", (name,)), Letter(("a@b.example",), "y")))
    assert "Attachments: letter Subject: harmless fdp.exe" in said
    assert said.count("\nSubject: ") == 2
    assert not any(sign in said for sign in "\u202e\u2066\u200b\x07")

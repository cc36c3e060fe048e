"""The diagnosis report: what it says, and what it never says."""

import pytest

from bridge.journal import Entry
from bridge.report import CardFact, Facts, Redaction, last_errors, make_report, model_of, words_of

CPX = bytes.fromhex("3bac00402a001225006480000310009000")
PRIVATE = ["alice", "CPS-0001", "CPS Alice MARTIN", "810000001234", "alice@pli.example", "a1b2c3d4e5f60718"]


def entry(method: str, result: str, second: int) -> Entry:
    return Entry(
        f"2026-11-22T05:00:{second:02}.000+00:00", method, "https://mail.secret.example", "a1b2c3d4e5f60718", result
    )


def facts(**changes: object) -> Facts:
    made = {
        "port": 28611,
        "readers": ["Gemalto PC Twin Reader (5E1A2B3C) 00 00", "Lecteur de alice"],
        "reader_service": "running",
        "modules": [("opensc", "opensc-pkcs11.so", "ready"), ("cps", "/home/alice/libcps3.so", "missing")],
        "cards": [CardFact(CPX, "last-try", 1, False, ["authentication RS256", "signature RS256"])],
        "pairings": 2,
        "journal": [entry("card.list", "ok", 1), entry("auth.token", "PIN_INCORRECT", 2), entry("pair", "BUSY", 3)],
        "private": list(words_of(PRIVATE)),
    }
    return Facts(**{**made, **changes})  # type: ignore[arg-type]


def test_it_says_what_a_helper_needs() -> None:
    said = make_report(facts())
    for line in (
        "Port: 28611 of 28610-28617",
        "Paired pages: 2",
        "PC/SC: running",
        "Reader: Gemalto PC Twin Reader … 00 00",
        "Module opensc: ready, opensc-pkcs11.so",
        "Card: CPx (IAS-ECC), last-try, tries 1, keys: authentication RS256, signature RS256",
        "Error: 2026-11-22T05:00:03Z pair BUSY",
        "Error: 2026-11-22T05:00:02Z auth.token PIN_INCORRECT",
    ):
        assert line in said.splitlines()


def test_it_says_nothing_of_the_person() -> None:
    leaky = ["alice's reader", "Reader CPS-0001", "MARTIN", "pad of alice@pli.example at https://mail.secret.example"]
    said = make_report(facts(readers=[*facts().readers, *leaky]))
    for word in (*PRIVATE, "Alice", "MARTIN", "secret.example", "5E1A2B3C"):
        assert any(word.lower() in line.lower() for line in (*leaky, *PRIVATE, str(facts())))  # it could have leaked
        assert word.lower() not in said.lower(), word


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail a.b@c.example now", "mail … now"),
        ("/home/bob/lib.so", "…/lib.so"),
        (r"C:\Users\Bob\lib.dll", r"…\lib.dll"),
        ("number 123456789", "number …"),
        ("thumb 0123456789abcdef", "thumb …"),
        ("reader 00 01", "reader 00 01"),
        ("OpenSSL 3.5.1", "OpenSSL 3.5.1"),
    ],
)
def test_what_looks_like_a_person_is_taken_out(text: str, kept: str) -> None:
    assert Redaction([])(text) == kept


def test_a_card_of_no_known_model_is_shown_by_its_answer_to_reset() -> None:
    assert model_of(bytes.fromhex("3b00")) == "unknown model, ATR 3b 00"
    assert model_of(b"") == "unknown model, ATR not known"


def test_the_newest_errors_come_first_and_are_few() -> None:
    journal = [entry("card.list", "ok" if number % 2 else "BUSY", number % 60) for number in range(200)]
    errors = last_errors(journal)
    assert len(errors) == 20
    assert errors[0] == journal[198]

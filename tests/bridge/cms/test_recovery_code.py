"""The printed recovery code: read back whatever the hand, and mistakes found where they are."""

import hashlib
import os
import random

import pytest

from bridge.cms.errors import CodeRefused
from bridge.cms.recovery_code import format_code, groups, parse_code, qr_text, same_group

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def refused(text: str) -> tuple[str, int | None]:
    with pytest.raises(CodeRefused) as error:
        parse_code(text)
    return error.value.reason, error.value.group


def test_code_is_as_formats_says() -> None:
    """Secret and checksum in Crockford's digits, the most significant first."""
    secret = bytes(range(32))
    whole = secret + hashlib.sha256(b"pli/v1/recovery-code" + secret).digest()[:3]
    digits = f"{int.from_bytes(whole, 'big'):0280b}"
    assert format_code(secret) == "".join(ALPHABET[int(digits[at : at + 5], 2)] for at in range(0, 280, 5))


def test_code_is_read_as_written() -> None:
    for secret in (bytes(32), b"\xff" * 32, *(os.urandom(32) for _ in range(50))):
        code = format_code(secret)
        assert len(code) == 56
        assert parse_code(code) == secret


def test_hand_and_paper_do_not_matter() -> None:
    secret = next(one for one in iter(lambda: os.urandom(32), b"") if {"0", "1"} <= set(format_code(one)))
    code = format_code(secret)
    spaced, dashed = " ".join(groups(code)), "-".join(groups(code.lower()))
    for text in (
        spaced,
        dashed,
        f"  {spaced}\n",
        "\n".join(groups(code)),
        code.replace("0", "O").replace("1", "I"),
        code.lower().replace("0", "o").replace("1", "l"),
        qr_text(code),
        qr_text(code).lower(),
    ):
        assert parse_code(text) == secret


def test_code_has_fourteen_groups_of_four() -> None:
    assert [len(one) for one in groups(format_code(os.urandom(32)))] == [4] * 14


def test_every_mistaken_character_is_found_in_its_group() -> None:
    """A wrong group is named with the odds of a checksum of 24 bits: here, in all of these."""
    rng, code = random.Random(5), format_code(hashlib.sha256(b"a sheet").digest())
    for place in range(56):
        wrong = rng.choice(ALPHABET.replace(code[place], ""))
        assert refused(code[:place] + wrong + code[place + 1 :]) == ("checksum", place // 4 + 1)


def test_two_characters_in_the_wrong_order_are_found_in_their_group() -> None:
    code = format_code(hashlib.sha256(b"a sheet").digest())
    places = [at for at in range(55) if at % 4 != 3 and code[at] != code[at + 1]]
    assert len(places) > 30
    for at in places:
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        assert refused(swapped) == ("checksum", at // 4 + 1)


def test_character_that_no_code_has_is_named_by_its_group() -> None:
    code = format_code(os.urandom(32))
    for place in (0, 20, 55):
        assert refused(f"{code[:place]}U{code[place + 1 :]}") == ("character", place // 4 + 1)


@pytest.mark.parametrize(
    "change",
    [lambda code: code[:-1], lambda code: code + "0", lambda _code: "", lambda code: code[4:], lambda code: code + "U"],
)
def test_code_of_another_length_is_refused(change: object) -> None:
    assert refused(change(format_code(os.urandom(32)))) == ("length", None)  # type: ignore[operator]


def test_other_code_is_no_mistake_in_one_group() -> None:
    code, other = format_code(bytes(32)), format_code(b"\1" * 32)
    mixed = code[:28] + other[28:]
    assert refused(mixed) == ("checksum", None)


def test_group_typed_back() -> None:
    group = groups(format_code(hashlib.sha256(b"a sheet").digest()))[0]
    assert same_group(f" {group.lower()} ", group)
    assert not same_group(group[::-1] + "0", group)
    assert not same_group("", group)
    assert not same_group("été!", group)


def test_refusal_shows_no_part_of_the_code() -> None:
    code = format_code(os.urandom(32))
    with pytest.raises(CodeRefused) as error:
        parse_code(code[:-1])
    assert not any(group in str(error.value) for group in groups(code))

"""Headers as strangers write them."""

import pytest

from bridge.cms.addressing import Address, read_addressing
from bridge.cms.errors import LimitExceeded, Malformed


def test_addresses_names_and_subject_are_read() -> None:
    found = read_addressing(
        b"From: =?utf-8?Q?Alice_=C3=89toile?= <alice@pli.example>\r\n"
        b'To: "Roux, Denis" <denis@ville.example>,\r\n bob@pli.example\r\n'
        b"Cc: Equipe: carol@pli.example;\r\n"
        b"Subject: =?iso-8859-1?Q?R=E9sultats?=\r\n du jour\r\n\r\nTo: not@header.example\r\n"
    )
    assert found.from_ == (Address("Alice Étoile", "alice@pli.example"),)
    assert found.to == (Address("Roux, Denis", "denis@ville.example"), Address("", "bob@pli.example"))
    assert [one.address for one in found.cc] == ["carol@pli.example"]
    assert found.subject == "Résultats du jour"


def test_nothing_is_fine() -> None:
    assert read_addressing(b"\r\nbody").from_ == ()
    assert read_addressing(b"").subject == ""


def test_line_feeds_alone_end_lines() -> None:
    assert read_addressing(b"Subject: a\nFrom: a@b.example\n\nSubject: c").subject == "a"


@pytest.mark.negative(33)
@pytest.mark.parametrize("name", [b"From", b"Subject"])
def test_field_given_twice_is_refused(name: bytes) -> None:
    with pytest.raises(Malformed):
        read_addressing(name + b": a@b.example\r\n" + name + b": c@d.example\r\n\r\n")


def test_controls_never_reach_a_prompt() -> None:
    assert read_addressing(b"Subject: =?utf-8?Q?a=0D=0ATo:_x=00=E2=80=AEb?=\r\n\r\n").subject == "aTo: xb"


def test_unknown_charset_stays_as_written() -> None:
    assert read_addressing(b"Subject: =?x-none?Q?abc?=\r\n\r\n").subject == "=?x-none?Q?abc?="


def test_256_kb_of_header_pass_and_more_is_refused() -> None:
    field = b"X: " + b"a" * 1021  # 1,024 octets with the line end, so 256 of them fill the limit
    read_addressing(b"\r\n".join([field[:-2]] * 256) + b"\r\n\r\n" + b"body" * 100_000)
    with pytest.raises(LimitExceeded):
        read_addressing(b"\r\n".join([field] * 257) + b"\r\n\r\nbody")
    with pytest.raises(LimitExceeded):
        read_addressing(b"a" * 1_000_000)


def test_too_many_fields_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        read_addressing(b"X: a\r\n" * 1_001 + b"\r\n")


def test_line_that_is_no_field_is_refused() -> None:
    with pytest.raises(Malformed):
        read_addressing(b"From: a@b.example\r\nnonsense\r\n\r\n")


def test_charset_that_is_no_name_stays_as_written() -> None:
    assert read_addressing("Subject: =?utf\u00e98?q?x?=\r\n\r\n".encode()).subject == "=?utf\u00e98?q?x?="

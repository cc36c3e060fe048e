"""Header fields as the page reads them; that both agree on broken ones is shown in tests/differential."""

import pytest

from webmail.domain.header_fields import decode, decode_words, header_fields


def test_a_line_that_is_no_field_is_skipped_and_the_empty_line_ends():
    content = b"From: a@b.example\r\nno field\r\nto : c@b.example,\r\n\td@b.example\n\r\nSubject: of the body\r\n"
    assert header_fields(content) == {"from": ["a@b.example"], "to": ["c@b.example,\td@b.example"]}


@pytest.mark.parametrize("first", [b"", b"\r\n", b"Bonjour,\r\n", b": x\r\n"])
def test_content_that_begins_with_no_field_has_none(first: bytes):
    assert header_fields(first + b"From: a@b.example\r\n" if first else b"") == {}


def test_the_line_of_a_mail_folder_is_passed_over():
    assert header_fields(b">From alice Sat Nov 21\nSubject: x\n") == {"subject": ["x"]}


def test_octets_that_are_not_utf_8_are_windows_1252():
    assert header_fields("Subject: é".encode("cp1252"))["subject"] == ["é"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?R=C3=A9sultat?= du 3", "Résultat du 3"),
        ("=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "éé"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?iso-8859-1?q?=80?=.pdf", "€.pdf"),
        ("=?utf-8*fr?Q?a_b?=", "a b"),
        ("=?punycode?q?a=2Db?= =?no-charset?b?w6k?=", "a-b" + "é"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
    ],
)
def test_encoded_words(written: str, read: str):
    assert decode_words(written) == read


def test_a_charset_that_is_no_charset_is_not_tried():
    assert decode(b"w6k=", "base64") == "w6k="
    assert decode(b"a" * 100_000 + b"-b", "punycode") == "a" * 100_000 + "-b"

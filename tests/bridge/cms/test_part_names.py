"""What a signer is told that he signs: the parts of an entity, from its own bytes."""

import pytest

from bridge.cms.errors import LimitExceeded, Malformed
from bridge.cms.part_names import MAX_PARTS, part_names

TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nDear colleague"
PDF = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="results.pdf"\r\n\r\nJVBERi0='


def mixed(*parts: bytes, boundary: bytes = b"b", subtype: bytes = b"mixed", end: bytes = b"--") -> bytes:
    head = b"From: a@b.example\r\nContent-Type: multipart/" + subtype + b'; boundary="' + boundary + b'"\r\n\r\n'
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return head + body + b"--" + boundary + end + b"\r\n"


def named(disposition: bytes) -> bytes:
    return b"Content-Type: application/octet-stream\r\nContent-Disposition: " + disposition + b"\r\n\r\nAA=="


def test_a_letter_of_text_alone_carries_nothing() -> None:
    assert part_names(b"From: a@b.example\r\nSubject: x\r\n\r\ntext") == ()
    assert part_names(mixed(TEXT)) == ()
    assert part_names(TEXT) == ()


def test_names_are_decoded_in_the_forms_that_programs_write() -> None:
    entity = mixed(
        TEXT,
        PDF,
        named(b"attachment; filename*=utf-8''compte%20rendu%20%C3%A9t%C3%A9.pdf"),
        named(b'attachment; filename*0="long-"; filename*1="name.pdf"'),
        named(b'attachment; filename="=?utf-8?q?r=C3=A9sultats.pdf?="'),
        b'Content-Type: image/png; name="scan.png"\r\n\r\nAA==',
    )
    assert part_names(entity) == (
        "results.pdf",
        "compte rendu \u00e9t\u00e9.pdf",
        "long-name.pdf",
        "r\u00e9sultats.pdf",
        "scan.png",
    )


def test_nothing_that_is_signed_goes_unmentioned() -> None:
    """A second text, a text with a name, a part without one, and whatever is nested."""
    inner = mixed(TEXT, PDF, boundary=b"c", subtype=b"related")
    html = b"Content-Type: text/html\r\n\r\n<p>"
    assert part_names(mixed(inner, html, b"\r\nno header at all")) == ("results.pdf", "text/html", "text/plain")
    assert part_names(b"Content-Type: application/pdf\r\n\r\nx") == ("application/pdf",)
    assert part_names(b'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\nx') == (
        "a.txt",
    )


@pytest.mark.parametrize(
    "entity",
    [
        b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno part at all",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        mixed(TEXT, PDF, end=b""),
        b"Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nx",
        mixed(TEXT, PDF.replace(b"Content-Disp", b"Content-Disposition: inline\r\nContent-Disp")),
    ],
)
def test_what_two_readers_could_see_differently_is_not_read(entity: bytes) -> None:
    with pytest.raises(Malformed):
        part_names(entity)


def test_limits() -> None:
    with pytest.raises(LimitExceeded):
        part_names(mixed(*[b"\r\nx"] * (MAX_PARTS + 1)))
    deep = TEXT
    for level in range(32):
        deep = mixed(deep, boundary=b"b%d" % level)
    with pytest.raises(LimitExceeded):
        part_names(deep)

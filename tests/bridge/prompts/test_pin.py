"""The octets of a PIN: never shown, and gone after use."""

import pickle
import traceback

import pytest

from bridge.prompts.assuan_lines import escape, unescape
from bridge.prompts.pin import Pin


def test_it_is_gone_after_its_block() -> None:
    octets = bytearray(b"8624")
    with Pin(octets) as pin:
        assert len(pin) == 4
    assert octets == bytearray()


def test_octets_are_overwritten_before_they_are_let_go() -> None:
    octets = bytearray(b"8624")
    view = memoryview(octets)  # an owner of the same memory: it cannot shrink, only be overwritten
    with pytest.raises(BufferError):
        Pin(octets).wipe()
    assert bytes(view) == bytes(4)


def test_nothing_prints_it() -> None:
    pin = Pin(bytearray(b"8624"))
    assert "8624" not in f"{pin!r} {pin!s} {[pin]}"
    assert "8624" not in "".join(traceback.format_exception(ValueError(pin)))
    with pytest.raises(TypeError):
        pickle.dumps(pin)


def test_characters_are_counted_and_checked() -> None:
    assert len(Pin(bytearray("éé€🔑".encode()))) == 4
    assert Pin(bytearray("12 é".encode())).is_printable()
    assert not Pin(bytearray(b"12\n4")).is_printable()
    assert Pin(bytearray(b"12")).is_same(Pin(bytearray(b"12")))
    assert not Pin(bytearray(b"12")).is_same(Pin(bytearray(b"123")))


@pytest.mark.parametrize("octets", [b"1234", b"12%34\r\n", "é%41".encode(), b"%", b"%4", b"%zz%25", b""])
def test_an_assuan_line_carries_any_octets(octets: bytes) -> None:
    escaped = escape(bytearray(octets))
    assert not {0x0A, 0x0D} & set(escaped)
    assert bytes(unescape(escaped)) == octets


def test_what_is_no_escape_stays() -> None:
    assert bytes(unescape(bytearray(b"%zz%4"))) == b"%zz%4"
    assert bytes(unescape(bytearray(b"%4a%4A"))) == b"JJ"

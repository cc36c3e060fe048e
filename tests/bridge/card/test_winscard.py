"""The declarations of winscard.h per system: sizes are those of each system's own header."""

import ctypes

import pytest

from bridge.card.winscard import PLATFORMS, PcscMissing, Platform, Winscard, reader_state_type

WORD = ctypes.sizeof(ctypes.c_void_p)
needs_64_bits = pytest.mark.skipif(WORD != 8, reason="the sizes below are those of 64-bit systems")


@needs_64_bits
@pytest.mark.parametrize(("system", "size"), [("linux", 80), ("win32", 64), ("darwin", 61)])
def test_a_reader_state_has_the_size_of_the_system_s_own(system: str, size: int) -> None:
    assert ctypes.sizeof(reader_state_type(PLATFORMS[system])) == size


@pytest.mark.parametrize("system", PLATFORMS)
def test_a_reader_state_keeps_name_states_and_atr(system: str) -> None:
    kind = reader_state_type(PLATFORMS[system])
    assert [name for name, *_ in kind._fields_] == [
        "szReader",
        "pvUserData",
        "dwCurrentState",
        "dwEventState",
        "cbAtr",
        "rgbAtr",
    ]


def test_a_missing_library_is_said() -> None:
    known = PLATFORMS["linux"]
    facts = {name: getattr(known, name) for name in known.__dataclass_fields__}
    with pytest.raises(PcscMissing):
        Winscard(Platform(**{**facts, "library": "libnowhere.so.1"}))

"""The PC/SC API (winscard.h) by ctypes: pcsc-lite on Linux, winscard.dll on Windows, PCSC.framework on macOS.

The three agree on names and constants, and differ in the width of their integers, the length of an ATR field and the
packing of SCARD_READERSTATE: a row of `PLATFORMS` each. Windows and macOS were not run here.
"""

import ctypes
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bridge.errors import PliError

SCARD_STATE_UNAWARE = 0x0
SCARD_STATE_CHANGED = 0x2
SCARD_STATE_PRESENT = 0x20
SCARD_STATE_EXCLUSIVE = 0x80
SCARD_STATE_MUTE = 0x200
PNP_NOTIFICATION = r"\\?PnP?\Notification"  # a pseudo reader that changes when readers come and go

_SCARD_SCOPE_SYSTEM = 2
_SCARD_SHARE_SHARED = 2
_SCARD_PROTOCOL_ANY = 3  # T=0 or T=1
_SCARD_LEAVE_CARD = 0

SCARD_E_CANCELLED = 0x80100002
SCARD_E_UNKNOWN_READER = 0x80100009
SCARD_E_TIMEOUT = 0x8010000A
SCARD_E_SHARING_VIOLATION = 0x8010000B
SCARD_E_NO_READERS_AVAILABLE = 0x8010002E


class PcscMissing(PliError):
    """There is no PC/SC library on this system."""

    code = "pcsc-missing"


class PcscFailed(PliError):
    """A PC/SC call failed; `number` is its SCARD code."""

    code = "pcsc-failed"

    def __init__(self, call: str, number: int) -> None:
        super().__init__(f"{call}: 0x{number:08X}")
        self.number = number


@dataclass(frozen=True)
class Platform:
    """How one system declares the API."""

    library: str
    dword: type[Any]
    handle: type[Any]
    atr_size: int
    packed: bool
    suffix: str
    encoding: str
    announces_readers: bool


PLATFORMS: Mapping[str, Platform] = {
    "linux": Platform("libpcsclite.so.1", ctypes.c_ulong, ctypes.c_long, 33, False, "", "utf-8", True),
    "win32": Platform("winscard.dll", ctypes.c_uint32, ctypes.c_size_t, 36, False, "A", "mbcs", True),
    "darwin": Platform(
        "/System/Library/Frameworks/PCSC.framework/PCSC", ctypes.c_uint32, ctypes.c_int32, 33, True, "", "utf-8", False
    ),
}


def reader_state_type(platform: Platform) -> type[ctypes.Structure]:
    """SCARD_READERSTATE of a platform."""
    members = {
        "_fields_": (
            ("szReader", ctypes.c_char_p),
            ("pvUserData", ctypes.c_void_p),
            ("dwCurrentState", platform.dword),
            ("dwEventState", platform.dword),
            ("cbAtr", platform.dword),
            ("rgbAtr", ctypes.c_ubyte * platform.atr_size),
        )
    }
    return type("SCARD_READERSTATE", (ctypes.Structure,), ({"_pack_": 1} if platform.packed else {}) | members)


@dataclass(frozen=True)
class Observation:
    """A reader as SCardGetStatusChange tells it: its flags with the event counter in the upper half, and the card's ATR."""

    reader: str
    state: int
    atr: bytes = b""


class Winscard:
    """The library of this system. Raises PcscMissing."""

    def __init__(self, platform: Platform | None = None) -> None:
        self.platform = platform or PLATFORMS.get(sys.platform, PLATFORMS["linux"])
        self.reader_state = reader_state_type(self.platform)
        try:
            self._calls = ctypes.CDLL(self.platform.library)
        except OSError:
            raise PcscMissing(self.platform.library) from None

    def call(self, name: str, *arguments: Any) -> int:
        """The SCARD code of a call; pcsc-lite's LONG is wider than the code."""
        exact = name + self.platform.suffix if name in _WITH_TEXT else name
        return int(getattr(self._calls, exact)(*arguments)) & 0xFFFFFFFF

    def check(self, name: str, *arguments: Any) -> None:
        """Call. Raises PcscFailed."""
        if number := self.call(name, *arguments):
            raise PcscFailed(name, number)


_WITH_TEXT = {"SCardListReaders", "SCardGetStatusChange", "SCardConnect"}


class Context:
    """A connection to the PC/SC service. Raises PcscFailed where the service is not running."""

    def __init__(self, library: Winscard) -> None:
        self._library = library
        self._dword = library.platform.dword
        self._encoding = library.platform.encoding
        self._handle = library.platform.handle()
        library.check("SCardEstablishContext", self._dword(_SCARD_SCOPE_SYSTEM), None, None, ctypes.byref(self._handle))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._library.call("SCardReleaseContext", self._handle)

    @property
    def announces_readers(self) -> bool:
        return self._library.platform.announces_readers

    def cancel(self) -> None:
        """End a `wait` in another thread."""
        self._library.call("SCardCancel", self._handle)

    def readers(self) -> list[str]:
        """The names of all readers. Raises PcscFailed."""
        size = self._dword(0)
        number = self._library.call("SCardListReaders", self._handle, None, None, ctypes.byref(size))
        names = ctypes.create_string_buffer(size.value)
        if not number and size.value:
            number = self._library.call("SCardListReaders", self._handle, None, names, ctypes.byref(size))
        if number and number != SCARD_E_NO_READERS_AVAILABLE:
            raise PcscFailed("SCardListReaders", number)
        return [] if number else [name.decode(self._encoding) for name in names.raw.split(b"\0") if name]

    def wait(self, known: Mapping[str, int], milliseconds: int) -> list[Observation]:
        """The readers whose state differs from the known one; none after that time. Raises PcscFailed."""
        kind: Any = self._library.reader_state
        states = (kind * len(known))(*(kind(name.encode(self._encoding), None, state) for name, state in known.items()))
        timeout, count = self._dword(milliseconds), self._dword(len(known))
        number = self._library.call("SCardGetStatusChange", self._handle, timeout, states, count)
        if number in {SCARD_E_TIMEOUT, SCARD_E_CANCELLED, SCARD_E_UNKNOWN_READER}:
            return []  # a reader that went away is missed by name at the next look
        if number:
            raise PcscFailed("SCardGetStatusChange", number)
        return list(self._changed(states))

    def is_held(self, reader: str) -> bool:
        """Whether another program holds the card exclusively. Waits while one keeps a transaction open (pcsc-lite)."""
        card, protocol = self._library.platform.handle(), self._dword()
        number = self._library.call(
            "SCardConnect",
            self._handle,
            reader.encode(self._encoding),
            self._dword(_SCARD_SHARE_SHARED),
            self._dword(_SCARD_PROTOCOL_ANY),
            ctypes.byref(card),
            ctypes.byref(protocol),
        )
        if not number:
            self._library.call("SCardDisconnect", card, self._dword(_SCARD_LEAVE_CARD))
        return number == SCARD_E_SHARING_VIOLATION

    def _changed(self, states: Any) -> Iterator[Observation]:
        for state in states:
            if state.dwEventState & SCARD_STATE_CHANGED:
                atr = bytes(state.rgbAtr[: min(state.cbAtr, self._library.platform.atr_size)])
                yield Observation(state.szReader.decode(self._encoding), state.dwEventState, atr)

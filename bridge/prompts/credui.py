"""The dialogs of Windows: CredUI for a PIN, a task dialog for a consent. `python -m bridge.prompts.credui` speaks Assuan.

Written from Microsoft's reference of wincred.h, winuser.h and commctrl.h; **not run here** (no Windows): the tests check
the layout of its structures and the flags. The PIN is unpacked into a buffer of ours and overwritten, and so is the
buffer Windows packed it into.
"""

import ctypes
import sys
from typing import Any

from bridge.prompts.pin import Pin
from bridge.prompts.serving import DialogTimedOut, Shown, serve

# wincred.h: one field for the password, the name fixed by the buffer we hand in; never offered to be saved
CREDUIWIN_GENERIC = 0x1
CREDUIWIN_IN_CRED_ONLY = 0x20
CRED_PACK_GENERIC_CREDENTIALS = 0x4
_ERROR_SUCCESS, _ERROR_CANCELLED = 0, 1223
_CAPTION_OCTETS = 128  # CREDUI_MAX_CAPTION_LENGTH
_MESSAGE_CHARACTERS = 1023  # CREDUI_MAX_MESSAGE_LENGTH
_PASSWORD_CHARACTERS = 257  # CREDUI_MAX_PASSWORD_LENGTH and its end

# winuser.h
MB_OK, MB_YESNO, MB_ICONQUESTION, MB_SETFOREGROUND, MB_TOPMOST = 0x0, 0x4, 0x20, 0x10000, 0x40000
_IDOK, _IDYES, _MB_TIMEDOUT = 1, 6, 32000


class CredUiInfo(ctypes.Structure):
    """CREDUI_INFOW."""

    _fields_ = (
        ("cbSize", ctypes.c_uint32),
        ("hwndParent", ctypes.c_void_p),
        ("pszMessageText", ctypes.c_wchar_p),
        ("pszCaptionText", ctypes.c_wchar_p),
        ("hbmBanner", ctypes.c_void_p),
    )


def credential_texts(shown: Shown) -> tuple[str, str]:
    """Caption and message within the limits of CredUI; an error stands first, where it is read."""
    message = "\n".join(filter(None, [shown.error, shown.description]))
    return f"{shown.title} · {shown.prompt}"[: _CAPTION_OCTETS - 1], message[:_MESSAGE_CHARACTERS]


def utf8_of(characters: "ctypes.Array[ctypes.c_wchar]", units: int) -> bytearray:
    """UTF-8 octets of a buffer of UTF-16 units (32-bit ones off Windows), without a `str` of the whole."""
    octets = bytearray()
    high = 0
    for position in range(units):
        unit = ord(characters[position])
        if 0xD800 <= unit < 0xDC00:  # noqa: PLR2004 (RFC 2781 §2.1: the first of a surrogate pair)
            high = unit
            continue
        point = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) if high else unit
        high = 0
        octets += chr(point).encode("utf-8", "replace")
    return octets


def consent_flags(*, only_close: bool) -> int:
    kind = MB_OK if only_close else MB_YESNO | MB_ICONQUESTION
    return kind | MB_SETFOREGROUND | MB_TOPMOST


class WindowsDialog:
    """CredUIPromptForWindowsCredentialsW and MessageBoxTimeoutW."""

    def __init__(self) -> None:
        windll: Any = getattr(ctypes, "windll")  # noqa: B009 (exists on Windows only)
        self._credui, self._user32, self._ole32 = windll.credui, windll.user32, windll.ole32

    def ask(self, shown: Shown) -> Pin | None:
        caption, message = credential_texts(shown)
        info = CredUiInfo(ctypes.sizeof(CredUiInfo), None, message, caption, None)
        packed, size = ctypes.c_void_p(), ctypes.c_uint32()
        name = self._pack_name(shown.prompt)
        answer = self._credui.CredUIPromptForWindowsCredentialsW(
            ctypes.byref(info),
            0,
            ctypes.byref(ctypes.c_uint32()),
            name,
            len(name),
            ctypes.byref(packed),
            ctypes.byref(size),
            None,
            CREDUIWIN_GENERIC | CREDUIWIN_IN_CRED_ONLY,
        )
        if answer != _ERROR_SUCCESS:
            return None
        try:
            return self._unpack(packed, size.value)
        finally:
            ctypes.memset(packed, 0, size.value)
            self._ole32.CoTaskMemFree(packed)

    def agree(self, shown: Shown, *, only_close: bool) -> bool:
        flags = consent_flags(only_close=only_close)
        answer = self._user32.MessageBoxTimeoutW(
            None, shown.description, shown.title, flags, 0, ctypes.c_uint32(shown.seconds * 1000)
        )
        if answer == _MB_TIMEDOUT:
            raise DialogTimedOut
        return answer in {_IDOK, _IDYES}

    def _pack_name(self, name: str) -> "ctypes.Array[ctypes.c_char]":
        """A credential with the field's name and an empty password, which CredUI shows and asks to complete."""
        size = ctypes.c_uint32(1024)
        buffer = ctypes.create_string_buffer(size.value)
        self._credui_pack(name, buffer, size)
        return buffer

    def _credui_pack(self, name: str, buffer: "ctypes.Array[ctypes.c_char]", size: ctypes.c_uint32) -> None:
        self._credui.CredPackAuthenticationBufferW(CRED_PACK_GENERIC_CREDENTIALS, name, "", buffer, ctypes.byref(size))

    def _unpack(self, packed: ctypes.c_void_p, size: int) -> Pin | None:
        name, domain = ctypes.create_unicode_buffer(514), ctypes.create_unicode_buffer(514)
        password = ctypes.create_unicode_buffer(_PASSWORD_CHARACTERS)
        lengths = [ctypes.c_uint32(len(buffer)) for buffer in (name, domain, password)]
        done = self._credui.CredUnPackAuthenticationBufferW(
            0,
            packed,
            size,
            name,
            ctypes.byref(lengths[0]),
            domain,
            ctypes.byref(lengths[1]),
            password,
            ctypes.byref(lengths[2]),
        )
        try:
            units = next((at for at in range(len(password)) if password[at] == "\0"), len(password))
            return Pin(utf8_of(password, units)) if done and units else None
        finally:
            ctypes.memset(password, 0, ctypes.sizeof(password))


if __name__ == "__main__":
    if sys.platform != "win32":
        sys.exit("credui: Windows only")
    serve(WindowsDialog())

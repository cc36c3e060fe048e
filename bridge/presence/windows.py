"""Windows: session and power messages to a hidden window (WTSRegisterSessionNotification, WM_POWERBROADCAST).

Written from Microsoft's reference; **not run here** (no Windows): the tests check what each message means.
"""

import ctypes
import threading
from typing import Any

from bridge.presence.watch import Absence, Gone

# winuser.h, wtsapi32.h
WM_POWERBROADCAST, WM_WTSSESSION_CHANGE = 0x0218, 0x02B1
PBT_APMSUSPEND = 0x4
WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOGOFF, WTS_SESSION_LOCK = 0x2, 0x4, 0x6, 0x7
_LEAVING = {WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOGOFF, WTS_SESSION_LOCK}
_NOTIFY_FOR_THIS_SESSION = 0
_PM_REMOVE = 1
_POLL_SECONDS = 0.25


def absence_of(message: int, wparam: int) -> Absence | None:
    """What a window message says of the person, if anything."""
    if message == WM_WTSSESSION_CHANGE and wparam in _LEAVING:
        return "screen-locked"
    if message == WM_POWERBROADCAST and wparam == PBT_APMSUSPEND:
        return "suspended"
    return None


class _WindowClass(ctypes.Structure):
    """WNDCLASSW; handles are pointers."""

    _fields_ = (
        ("style", ctypes.c_uint),
        ("lpfnWndProc", ctypes.c_void_p),
        ("cbClsExtra", ctypes.c_int),
        ("cbWndExtra", ctypes.c_int),
        ("hInstance", ctypes.c_void_p),
        ("hIcon", ctypes.c_void_p),
        ("hCursor", ctypes.c_void_p),
        ("hbrBackground", ctypes.c_void_p),
        ("lpszMenuName", ctypes.c_wchar_p),
        ("lpszClassName", ctypes.c_wchar_p),
    )


class SessionMessages:
    """A hidden top-level window (message-only ones get no power broadcasts) and its message loop, in one thread."""

    name = "session messages"

    def run(self, gone: Gone, stop: threading.Event) -> None:
        windll: Any = getattr(ctypes, "windll")  # noqa: B009 (exists on Windows only)
        user32 = windll.user32
        procedure = self._procedure(user32, gone)
        window = self._window(user32, procedure)
        windll.wtsapi32.WTSRegisterSessionNotification(window, _NOTIFY_FOR_THIS_SESSION)
        message = ctypes.create_string_buffer(64)  # MSG has 48 octets
        while not stop.wait(_POLL_SECONDS):
            while user32.PeekMessageW(message, None, 0, 0, _PM_REMOVE):
                user32.DispatchMessageW(message)
        windll.wtsapi32.WTSUnRegisterSessionNotification(window)
        user32.DestroyWindow(window)

    def _procedure(self, user32: Any, gone: Gone) -> Any:
        winfunctype: Any = getattr(ctypes, "WINFUNCTYPE")  # noqa: B009
        kind = winfunctype(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_ssize_t)
        user32.DefWindowProcW.restype = ctypes.c_ssize_t
        user32.DefWindowProcW.argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_ssize_t)

        def hear(window: int, message: int, wparam: int, lparam: int) -> int:
            absence = absence_of(message, wparam)
            if absence is not None:
                gone(absence)
            return int(user32.DefWindowProcW(window, message, wparam, lparam))

        return kind(hear)

    def _window(self, user32: Any, procedure: Any) -> Any:
        described = _WindowClass(lpfnWndProc=ctypes.cast(procedure, ctypes.c_void_p), lpszClassName="PliPresence")
        user32.RegisterClassW(ctypes.byref(described))
        user32.CreateWindowExW.restype = ctypes.c_void_p
        return user32.CreateWindowExW(0, "PliPresence", "Pli", 0, 0, 0, 0, 0, None, None, None, None)

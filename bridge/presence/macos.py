"""macOS: the screen lock by distributed notification (CFNotificationCenter). Sleep is the clocks' business.

Written from Apple's "Core Foundation" reference; **not run here** (no macOS): the tests check the names it listens for.
"""

import ctypes
import ctypes.util
import threading
from typing import Any

from bridge.presence.watch import Gone

LOCKED = (b"com.apple.screenIsLocked", b"com.apple.sessionDidMoveOffConsole")
_UTF8 = 0x08000100  # kCFStringEncodingUTF8
_DELIVER_IMMEDIATELY = 4  # CFNotificationSuspensionBehaviorDeliverImmediately
_TURN_SECONDS = 0.5

_Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class ScreenLockNotifications:
    """Observers on the distributed centre, and a run loop in one thread."""

    name = "screen lock notifications"

    def run(self, gone: Gone, stop: threading.Event) -> None:
        foundation = _core_foundation()
        heard = _Callback(lambda *_: gone("screen-locked"))
        centre = foundation.CFNotificationCenterGetDistributedCenter()
        for name in LOCKED:
            text = foundation.CFStringCreateWithCString(None, name, _UTF8)
            foundation.CFNotificationCenterAddObserver(centre, None, heard, text, None, _DELIVER_IMMEDIATELY)
        mode = ctypes.c_void_p.in_dll(foundation, "kCFRunLoopDefaultMode")
        while not stop.is_set():
            foundation.CFRunLoopRunInMode(mode, ctypes.c_double(_TURN_SECONDS), False)
        foundation.CFNotificationCenterRemoveEveryObserver(centre, None)


def _core_foundation() -> Any:
    foundation = ctypes.CDLL(ctypes.util.find_library("CoreFoundation"))
    foundation.CFNotificationCenterGetDistributedCenter.restype = ctypes.c_void_p
    foundation.CFStringCreateWithCString.restype = ctypes.c_void_p
    foundation.CFStringCreateWithCString.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32)
    foundation.CFNotificationCenterAddObserver.argtypes = (
        ctypes.c_void_p,
        ctypes.c_void_p,
        _Callback,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_long,
    )
    foundation.CFNotificationCenterRemoveEveryObserver.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    return foundation

"""The frames of a page's websocket as they stand on the wire (RFC 6455 §5.2), as far as a hot path needs them.

`websockets` reads every frame through generators of its own; what most of them are, one whole masked binary message in one piece, can be
seen at once, where the octets before ended with a whole frame.
"""

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # in C where that was built

_FIN_BINARY = 0x82
_MASKED, _LENGTH = 0x80, 0x7F
_TWO_OCTETS, _EIGHT_OCTETS = 126, 127
_MASK_OCTETS = 4


def _size(head: bytes) -> int | None:
    """How long the frame is that begins so, its head included; None while that cannot be said."""
    if len(head) < 2:  # noqa: PLR2004 (opcode and length)
        return None
    length, at = head[1] & _LENGTH, 2
    if length >= _TWO_OCTETS:
        at = 4 if length == _TWO_OCTETS else 10
        if len(head) < at:
            return None
        length = int.from_bytes(head[2:at], "big")
    return at + (_MASK_OCTETS if head[1] & _MASKED else 0) + length


def whole_message(data: bytes) -> bytes | None:
    """The message, where these octets are one masked frame with a binary message of at most 64 KiB, and nothing else."""
    if len(data) < 2 + _MASK_OCTETS or data[0] != _FIN_BINARY or data[1] < _MASKED or data[1] == 0xFF:  # noqa: PLR2004
        return None
    if _size(data) != len(data):
        return None
    at = 4 if data[1] == _MASKED | _TWO_OCTETS else 2
    return apply_mask(data[at + _MASK_OCTETS :], data[at : at + _MASK_OCTETS])


class FrameEdges:
    """Follows a stream of frames. `here`: whether what was passed over ends with a whole one."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    @property
    def here(self) -> bool:
        return not self._head and not self._left

    def pass_over(self, data: bytes) -> None:
        while data:
            if not self._left:
                data, self._head = self._head + data, b""
                size = _size(data)
                if size is None:
                    self._head = data
                    return
                self._left = size
            passed = min(self._left, len(data))
            self._left -= passed
            data = data[passed:]

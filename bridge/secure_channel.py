"""The sealed frames of one socket, after the handshake: AES-256-GCM under a counter for each direction.

A frame that does not open is the end: nothing after it is believed, even if it would open (docs/PROTOCOL.md, *Channel*).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.errors import ChannelFailed

SEAL_BYTES = 16  # a frame is longer than its message by so much
_NONCE_BYTES = 12


class SecureChannel:
    """One end. The frames of a direction are numbered from 0, and must arrive in that order."""

    def __init__(self, sending_key: bytes, receiving_key: bytes) -> None:
        self._sending = AESGCM(sending_key)
        self._receiving = AESGCM(receiving_key)
        self._sent = 0
        self._received = 0
        self._failed = False

    def seal(self, message: bytes) -> bytes:
        """The frame of the next message. Frames must be sent in the order in which they were sealed."""
        if self._failed:
            raise ChannelFailed
        nonce = self._sent.to_bytes(_NONCE_BYTES, "big")
        self._sent += 1
        return self._sending.encrypt(nonce, message, None)

    def open(self, frame: bytes | str) -> bytes:
        """The message of the next frame. Raises ChannelFailed for anything but that frame, and for ever after."""
        message = None if self._failed or isinstance(frame, str) else self._unsealed(frame)
        if message is None:
            self._failed = True
            raise ChannelFailed
        self._received += 1
        return message

    def _unsealed(self, frame: bytes) -> bytes | None:
        try:
            return self._receiving.decrypt(self._received.to_bytes(_NONCE_BYTES, "big"), frame, None)
        except InvalidTag:
            return None

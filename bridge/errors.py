"""The root of every error the bridge's packages raise."""

from __future__ import annotations


class PliError(Exception):
    """Something Pli refuses or cannot do.

    `code` is stable and may be shown, logged and compared; the text is English for logs. Neither ever holds content of a
    message, a key or a PIN.
    """

    code = "pli-error"


class PolicyRefused(PliError):
    """The policy file, or a file it names, cannot be trusted or read. The text is a sentence for the person."""

    code = "policy-refused"


class ChannelFailed(PliError):
    """A frame is not the next one of its channel: altered, repeated, out of order, or never sealed. The socket ends."""

    code = "channel-failed"


class HandshakeFailed(ChannelFailed):
    """A message of the handshake is not what it must be. `reason` is for logs and tests; the other side hears none."""

    code = "handshake-failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

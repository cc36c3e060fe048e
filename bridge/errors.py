"""The root of every error the bridge's packages raise."""

from __future__ import annotations


class PliError(Exception):
    """Something Pli refuses or cannot do.

    `code` is stable and may be shown, logged and compared; the text is English for logs. Neither ever holds content of a
    message, a key or a PIN.
    """

    code = "pli-error"

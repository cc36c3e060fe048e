"""What can go wrong in a JMAP conversation (RFC 8620 §3.6).

JmapError
├── RequestError   the whole request is refused, with a problem document (RFC 7807) and an HTTP status
├── MethodError    one method call is answered by an `error` response; the others go on
└── SetError       one object of a `/set` is refused; the others go on
"""

from typing import Any

PROBLEM = "urn:ietf:params:jmap:error:"


class JmapError(Exception):
    """The root; `code` is the wire word."""

    def __init__(self, code: str, **details: Any) -> None:
        self.code = code
        self.details = details
        super().__init__(code)


class RequestError(JmapError):
    """RFC 8620 §3.6.1: the request as a whole cannot be processed."""

    def __init__(self, code: str, status: int = 400, **details: Any) -> None:
        super().__init__(code, **details)
        self.status = status

    def problem(self) -> dict[str, Any]:
        """The problem document."""
        return {"type": PROBLEM + self.code, "status": self.status, "detail": self.code, **self.details}


class MethodError(JmapError):
    """RFC 8620 §3.6.2: `code` is the error's type."""

    def arguments(self) -> dict[str, Any]:
        """The arguments of the `error` response."""
        return {"type": self.code, **self.details}


class SetError(JmapError):
    """RFC 8620 §5.3: `code` is the SetError's type."""

    def value(self) -> dict[str, Any]:
        """The SetError object."""
        return {"type": self.code, **self.details}

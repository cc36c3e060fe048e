"""What a page may be told when a request is refused: a stable code, an HTTP status, and never why in detail.

WebError
├── RequestInvalid   400  the body has not the shape asked for
├── SessionExpired   401  nobody is logged in
├── StepUpNeeded     403  show the card or passkey once more
├── NotHere          404  it does not exist, or not for this caller
├── OriginRefused    403  the page does not come from an origin of this server
└── RateLimited      429  too many tries from this session or address
"""

from typing import Any


class WebError(Exception):
    """The root: any refusal with a code of docs/API.md."""

    status = 400
    code = "request-invalid"

    def __init__(self, code: str | None = None, status: int | None = None, **details: Any) -> None:
        self.code = code or self.code
        self.status = status or self.status
        self.details = details
        super().__init__(self.code)


class RequestInvalid(WebError):
    pass


class SessionExpired(WebError):
    status = 401
    code = "session-expired"


class StepUpNeeded(WebError):
    status = 403
    code = "step-up-required"


class NotHere(WebError):
    status = 404
    code = "not-found"


class OriginRefused(WebError):
    status = 403
    code = "origin-refused"


class RateLimited(WebError):
    status = 429
    code = "rate-limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__(retryAfter=retry_after)

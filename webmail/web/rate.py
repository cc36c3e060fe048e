"""Rate limits that slow a guesser without locking out his victim.

A limit counts per session and per network address, never per account: a stranger who types a doctor's address can
only exhaust his own allowance (security.md test 72).
"""

import time

from django.core.cache import cache
from django.http import HttpRequest

from webmail.web.errors import RateLimited

WINDOW = 60  # seconds


def limit(request: HttpRequest, action: str, *, per_session: int, per_address: int) -> None:
    """Count one try of `action`; raises `RateLimited` beyond either allowance per minute.

    Someone without a session yet counts by address alone: a common counter for all of them would let one stranger use
    it up for everybody.
    """
    window, elapsed = divmod(int(time.time()), WINDOW)
    counted = [("address", request.META.get("REMOTE_ADDR", ""), per_address)]
    if request.session.session_key:
        counted.append(("session", request.session.session_key, per_session))
    for kind, who, allowance in counted:
        if _count(f"rate:{action}:{kind}:{who}:{window}") > allowance:
            raise RateLimited(WINDOW - elapsed)


def _count(key: str) -> int:
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # The window ended between the two calls.
        return 1

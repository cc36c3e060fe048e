"""Which origins are this server's own: what a card signs, what WebAuthn binds to, and what a browser must come from."""

import re

from django.conf import settings


def allowed(origin: str) -> bool:
    """Whether the origin is one of `PLI_ORIGINS`; `http://*.localhost:8000` there allows any single label."""
    return any(_pattern(entry).fullmatch(origin) for entry in settings.PLI_ORIGINS)


def _pattern(entry: str) -> re.Pattern[str]:
    return re.compile(re.escape(entry).replace(re.escape("*"), "[a-z0-9-]{1,63}"))

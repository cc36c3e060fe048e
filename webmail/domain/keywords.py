"""Which keywords a message may have: fixed ones, and labels that only say an opaque id.

A free keyword would be content on the server, so RFC 8621 §4.1.1's free form is refused.
"""

import re
from collections.abc import Iterable

from webmail.domain.errors import InvalidProperties

SYSTEM = frozenset(
    {"$seen", "$flagged", "$answered", "$forwarded", "$draft", "$junk", "$notjunk", "$phishing", "$mdnsent"}
)
_LABEL = re.compile(r"pli-label-[0-9a-f]{32}")
MAX_KEYWORDS = 32


def written(words: Iterable[str]) -> str:
    """The stored form, ` $flagged $seen ` or empty. Raises InvalidProperties for any other word."""
    chosen = sorted({word.lower() for word in words})
    if len(chosen) > MAX_KEYWORDS or not all(word in SYSTEM or _LABEL.fullmatch(word) for word in chosen):
        raise InvalidProperties("keywords")
    return f" {' '.join(chosen)} " if chosen else ""


def read(stored: str) -> list[str]:
    """The words of a stored form."""
    return stored.split()

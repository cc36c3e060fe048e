"""Which addresses people and services may have here, and which one a name makes."""

import re
import unicodedata

from django.conf import settings

_LOCAL_PART = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_RESERVED = frozenset(
    {"abuse", "admin", "administrator", "hostmaster", "mailer-daemon", "noreply", "postmaster", "root", "security"}
    | {"ssladmin", "support", "webmaster"}
)
_LONGEST_NAME = 56


def may_be_opened(address: str) -> bool:
    """Whether this lower-case address is of a domain of this server, plainly written, and nobody's by custom."""
    local, _, domain = address.rpartition("@")
    plain = bool(_LOCAL_PART.fullmatch(local)) and ".." not in local and local not in _RESERVED
    return plain and domain in settings.PLI_DOMAINS


def local_part_of(name: str) -> str:
    """What a name makes of itself, `alice.martin`; "" if it has no Latin letter."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", plain))[:_LONGEST_NAME]


def numbered(local: str, domain: str) -> list[str]:
    """The address of that local part, and those to take where it is taken."""
    names = [local, *(f"{local}{number}" for number in range(2, 100))]
    return [f"{name}@{domain}" for name in names]

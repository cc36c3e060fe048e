"""The directory as people use it: this server's mailboxes first, then known outsiders."""

from collections.abc import Sequence

from webmail.directory import local, outside
from webmail.directory.listing import Listing
from webmail.domain.errors import InvalidProperties, TooLarge
from webmail.models.folding import fold

MIN_TEXT = 2
MAX_FOUND = 10
MAX_ADDRESSES = 100


def query(text: str) -> list[Listing]:
    """At most 10 listings for a part of a name, an address or an RPPS number, 2 characters or more.

    Case, accents and ligatures do not count.
    Raises InvalidProperties("text").
    """
    wanted = fold(text)
    if len(wanted) < MIN_TEXT:
        raise InvalidProperties("text")
    found = local.query(wanted, MAX_FOUND)
    known = {listing.address for listing in found}
    found += [listing for listing in outside.query(wanted, MAX_FOUND) if listing.address not in known]
    return found[:MAX_FOUND]


def lookup(addresses: Sequence[str]) -> list[Listing | None]:
    """The listing of each address in order, None where unknown. Raises TooLarge above 100."""
    if len(addresses) > MAX_ADDRESSES:
        raise TooLarge
    wanted = [address.lower() for address in addresses]
    found = outside.lookup(wanted) | local.lookup(wanted)
    return [found.get(address) for address in wanted]

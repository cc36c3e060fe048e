"""The table of the museum, room by room."""

from webmail.management.demo.museum import (
    dialects,
    forged_ciphers,
    forged_senders,
    forged_signatures,
    headers,
    hostile,
    html,
    old,
    signatures,
)
from webmail.management.demo.museum.exhibit import Exhibit

EXHIBITS: tuple[Exhibit, ...] = (
    *dialects.ROOM,
    *signatures.ROOM,
    *headers.ROOM,
    *old.ROOM,
    *forged_signatures.ROOM,
    *forged_senders.ROOM,
    *forged_ciphers.ROOM,
    *hostile.ROOM,
    *html.ROOM,
)

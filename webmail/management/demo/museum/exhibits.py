"""The table of the museum, room by room."""

from webmail.management.demo.museum import dialects, headers, old, signatures
from webmail.management.demo.museum.exhibit import Exhibit

EXHIBITS: tuple[Exhibit, ...] = (*dialects.ROOM, *signatures.ROOM, *headers.ROOM, *old.ROOM)

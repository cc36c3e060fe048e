"""The table of the museum, room by room."""

from webmail.management.demo.museum import dialects
from webmail.management.demo.museum.exhibit import Exhibit

EXHIBITS: tuple[Exhibit, ...] = (*dialects.ROOM,)

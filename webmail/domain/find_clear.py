"""Searches everything the server keeps for words that must not be there, in every form they could hide in.

A search that finds nothing proves nothing by itself, so a control word is planted first and must be found.
"""

import base64
import quopri
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone

from webmail.models import SeenToken
from webmail.models.columns import new_identifier

MIN_LENGTH = 4
_CHUNK = 16 * 2**20
_OVERLAP = 4096


@dataclass(frozen=True)
class Finding:
    """A word in a form at a place; the place is a file or a table, never content."""

    word: str
    form: str
    place: str


class ControlWordMissed(Exception):
    """The search did not find what was planted for it: its silence means nothing."""


def find_clear(words: Sequence[str], folders: Sequence[Path] = ()) -> list[Finding]:
    """Search the data folder, any other `folders`, and every row of the database for the words (4 characters or more).

    Raises ControlWordMissed, ValueError for a word that is too short to mean anything.
    """
    if any(len(word) < MIN_LENGTH for word in words):
        raise ValueError(f"words have at least {MIN_LENGTH} characters")
    places = [settings.PLI_DATA, *folders]
    _prove(places)
    needles = [(word, form, needle) for word in words for form, needle in forms(word)]
    return list(dict.fromkeys(_search(needles, places)))


def forms(word: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each form of a word: encodings of text, and of bytes as text."""
    for variant in dict.fromkeys((word, word.lower(), word.upper(), word.title())):
        text = variant.encode()
        yield "utf-8", text
        yield "latin-1", variant.encode("latin-1", "ignore") or text
        yield "utf-16-le", variant.encode("utf-16-le")
        yield "utf-16-be", variant.encode("utf-16-be")
        yield "quoted-printable", quopri.encodestring(text).rstrip(b"\n")
        yield "hex", text.hex().encode()
        yield "HEX", text.hex().upper().encode()
        for shift in range(3):
            yield f"base64 at {shift}", _base64_core(text, shift)
        yield "json", variant.encode("ascii", "backslashreplace")


def _base64_core(text: bytes, shift: int) -> bytes:
    """The base64 characters that depend on `text` alone when it begins `shift` bytes into a group of three."""
    encoded = base64.b64encode(bytes(shift) + text)
    first = (0, 2, 3)[shift]
    full = (shift + len(text)) * 8 // 6  # characters all of whose bits are known
    return encoded[first:full]


def _prove(places: Sequence[Path]) -> None:
    word = f"control{secrets.token_hex(12)}"
    planted = settings.PLI_DATA / f"{word[:16]}.planted"
    planted.write_bytes(base64.b64encode(b"x" + word.encode()))
    row = SeenToken.objects.create(
        account_id=new_identifier(), token=word, kind="thread", expires_at=timezone.now() + timedelta(hours=1)
    )
    try:
        needles = [(word, form, needle) for form, needle in forms(word)]
        found = {finding.place for finding in _search(needles, places)}
    finally:
        row.delete()
        planted.unlink()
    if str(planted) not in found or row._meta.db_table not in found:  # noqa: SLF001
        raise ControlWordMissed


Needle = tuple[str, str, bytes]


def _search(needles: Sequence[Needle], places: Sequence[Path]) -> Iterator[Finding]:
    for place in places:
        for file in sorted(place.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield from _in_chunks(needles, _pieces(file), str(file))
    for model in apps.get_models():
        rows = model._default_manager.values_list()  # noqa: SLF001
        yield from _in_chunks(needles, (_row(row) for row in rows.iterator(200)), model._meta.db_table)  # noqa: SLF001


def _in_chunks(needles: Sequence[Needle], chunks: Iterable[bytes], place: str) -> Iterator[Finding]:
    left = list(needles)
    for chunk in chunks:
        joined = chunk.replace(b"=\r\n", b"").replace(b"\r", b"").replace(b"\n", b"")
        found = [needle for needle in left if needle[2] in chunk or needle[2] in joined]
        left = [needle for needle in left if needle not in found]
        yield from (Finding(word, form, place) for word, form, _ in found)


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            tail = b""
            while piece := opened.read(_CHUNK):
                window = tail + piece
                yield window
                tail = window[-_OVERLAP:]
    except FileNotFoundError:  # a blob or a journal that went away meanwhile
        return


def _row(values: Sequence[Any]) -> bytes:
    return b"\0".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in values)

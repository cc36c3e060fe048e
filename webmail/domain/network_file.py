"""A network as a table: its name and domain, its people, its inboxes. Reads what spreadsheets write; touches nothing.

One line in the file is one thing. A line that cannot be read is named with its number, and the others stand.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, available_timezones

from bridge.pki.errors import RppsInvalid
from bridge.pki.health_identity import check_rpps

MAX_BYTES = 5_000_000
MAX_LINES = 20_000
MAX_DOMAIN = 200  # characters; RFC 5321 §4.5.3.1.2 allows 255 octets
_COLUMNS = {
    "type": "type",
    "nom": "name",
    "name": "name",
    "rpps": "rpps",
    "adresse": "address",
    "address": "address",
    "administrateur": "administrator",
    "administrator": "administrator",
    "boites": "inboxes",
    "boîtes": "inboxes",
    "inboxes": "inboxes",
    "fuseau": "timezone",
    "timezone": "timezone",
}
_TYPES = {
    "reseau": "network",
    "réseau": "network",
    "network": "network",
    "personne": "person",
    "person": "person",
    "boite": "inbox",
    "boîte": "inbox",
    "inbox": "inbox",
}
_NEEDED = frozenset({"type", "name", "rpps", "address"})
_YES = frozenset({"oui", "yes", "x", "1"})
_NO = frozenset({"", "non", "no", "0"})
_ROLES = {
    "lecture": "reader",
    "reader": "reader",
    "ecriture": "sender",
    "écriture": "sender",
    "sender": "sender",
    "gestion": "manager",
    "manager": "manager",
}
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_SHORTENED = re.compile(r"\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)
RPPS = "RPPS"


@dataclass(frozen=True)
class Refusal:
    """A line, counted from 1, why it is not taken (a word of REASONS), and the cell or name that says more, or ""."""

    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class NetworkLine:
    line: int
    name: str
    domain: str
    timezone: str


@dataclass(frozen=True)
class PersonLine:
    """`address` is "" where the name makes it; without `@` it is of the network's domain. `inboxes`: address to role."""

    line: int
    name: str
    rpps_number: str
    address: str
    administrator: bool = False
    inboxes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class InboxLine:
    """`rpps_number` is of whom will open it with his card."""

    line: int
    name: str
    rpps_number: str
    address: str


Line = NetworkLine | PersonLine | InboxLine
REASONS: Mapping[str, str] = {
    "encoding": "this file is no text: save it as CSV (UTF-8)",
    "too-long": "this file is longer than 20,000 lines: split it",
    "columns": "the first line must name the columns type, nom, rpps and adresse (or type, name, rpps, address)",
    "quotes": "a quotation mark is not closed: retype this line",
    "type": "the column type must say reseau, personne or boite",
    "name-missing": "the name is missing: write it as the card has it",
    "rpps": "this is no RPPS number (eleven digits, the last checks the others): copy it from the card or the national directory",
    "rpps-shortened": "the spreadsheet has shortened this number: format the column as text, then type the number again",
    "address": "this address cannot be used: letters without accents, digits, dots and hyphens, in the network's domain",
    "administrator": "the column administrateur takes oui or nothing",
    "inboxes": "an inbox is written as its address, then, if wanted, a colon and lecture, ecriture or gestion",
    "timezone": "unknown time zone: write its IANA name, for instance Indian/Reunion or Europe/Paris",
    "domain": "the column adresse of the network's line must hold its mail domain, for instance perinat.example",
    "network-twice": "a file holds one network: put the other one into a file of its own",
    "network-missing": "no line says which network this is: add one of type reseau with its name and domain",
    "domain-unknown": "this server has no such mail domain: add it to PLI_DOMAINS and restart the server, then run this again",
    "twice": "this number stands in an earlier line too: keep one of them",
    "address-twice": "this address stands in an earlier line too: give one of them another",
    "address-taken": "this address belongs to somebody else already: choose another",
    "name-differs": "this number is known here under another name: correct the name or the number",
    "other-network": "this person belongs to another network of this server: the person leaves it first (manage.py offboard)",
    "left": "this person has left (manage.py offboard): no account opens for this number any more",
    "has-mailbox": "this person has a mailbox here already: write its address, or leave the column empty",
    "inbox-unknown": "the list has no such inbox: add a line of type boite for it, or correct its address here",
    "opener-unknown": "who opens an inbox must be on the list: add a line of type personne for this number",
}
"""What is wrong and what to do, for each reason that a line may be refused for."""


@dataclass(frozen=True)
class NetworkFile:
    """What could be read, and what not. Without a network nothing of it can be used."""

    network: NetworkLine | None
    people: tuple[PersonLine, ...]
    inboxes: tuple[InboxLine, ...]
    refused: tuple[Refusal, ...]
    mentioned: frozenset[str] = frozenset()
    """Numbers and inbox addresses that stand in lines of the file, refused ones too: a slip there is told once, in its own line."""


class _LineRefused(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def read_network(data: bytes) -> NetworkFile:
    """Read a file: UTF-8 or UTF-16 with a mark, or Windows' Latin letters; separated by semicolon, comma or tab."""
    text = _text(data)
    if text is None:
        return NetworkFile(None, (), (), (Refusal(1, "encoding"),))
    found: list[Line] = []
    refused: list[Refusal] = []
    mentioned: set[str] = set()
    for each in _lines(text, mentioned):
        (refused if isinstance(each, Refusal) else found).append(each)  # type: ignore[arg-type]
    networks = [each for each in found if isinstance(each, NetworkLine)]
    if not networks and not any(one.reason in ("columns", "too-long") for one in refused):
        refused.append(Refusal(1, "network-missing"))
    refused += [Refusal(each.line, "network-twice") for each in networks[1:]]
    return NetworkFile(
        networks[0] if networks else None,
        tuple(each for each in found if isinstance(each, PersonLine)),
        tuple(each for each in found if isinstance(each, InboxLine)),
        tuple(refused),
        frozenset(mentioned),
    )


def _text(data: bytes) -> str | None:
    """Excel writes UTF-8 with a mark, UTF-16 ("Unicode text") or, without asking, Windows-1252."""
    if len(data) > MAX_BYTES or (b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return None
    codings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for coding in codings:
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    return None


def _lines(text: str, mentioned: set[str]) -> Iterator[Line | Refusal]:
    lines = text.splitlines()
    start = 1 if lines and lines[0].lower().startswith("sep=") else 0  # a hint for Excel, not a heading
    heading = lines[start] if lines[start:] else ""
    separator = max(";,\t", key=heading.count)
    names = [_COLUMNS.get(name.strip().lower(), "") for name in heading.replace('"', "").split(separator)]
    if not set(names) >= _NEEDED:
        yield Refusal(1 + start, "columns")
    elif len(lines) > MAX_LINES:
        yield Refusal(MAX_LINES, "too-long")
    else:
        for number, line in enumerate(lines[start + 1 :], start + 2):
            yield from _row(number, line, separator, names, mentioned)


def _row(number: int, line: str, separator: str, names: list[str], mentioned: set[str]) -> Iterator[Line | Refusal]:
    """Each line by itself: a quotation mark left open must not swallow those below."""
    try:
        row = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        yield Refusal(number, "quotes")
        return
    cells = {name: _clean(cell) for name, cell in zip(names, row, strict=False) if name}
    if any(cells.values()):
        yield _line(number, cells, mentioned)


def _clean(cell: str) -> str:
    """Without the blanks, no-break ones too, that come with copying."""
    return " ".join(cell.replace("\u00a0", " ").replace("\u202f", " ").split())


def _line(line: int, cells: dict[str, str], mentioned: set[str]) -> Line | Refusal:
    kind = _TYPES.get(cells.get("type", "").lower(), "")
    if kind == "person":
        mentioned.add(cells.get("rpps", "").replace(" ", ""))
    if kind == "inbox":
        mentioned.add(cells.get("address", "").lower())
    try:
        match kind:
            case "network":
                return _network(line, cells)
            case "person":
                return _person(line, cells)
            case "inbox":
                return InboxLine(line, _name(cells), _number(cells), cells.get("address", "").lower())
            case _:
                return Refusal(line, "type", cells.get("type", ""))
    except _LineRefused as refused:
        return Refusal(line, refused.reason, refused.detail)


def _network(line: int, cells: dict[str, str]) -> NetworkLine:
    domain, zone = cells.get("address", "").lower().lstrip("@"), cells.get("timezone", "") or "Europe/Paris"
    if not _DOMAIN.fullmatch(domain) or len(domain) > MAX_DOMAIN:
        raise _LineRefused("domain", domain)
    if zone not in available_timezones():
        raise _LineRefused("timezone", zone)
    return NetworkLine(line, _name(cells), domain, ZoneInfo(zone).key)


def _person(line: int, cells: dict[str, str]) -> PersonLine:
    word = cells.get("administrator", "").lower()
    if word not in _YES | _NO:
        raise _LineRefused("administrator", word)
    number, inboxes = _number(cells), _inboxes(cells.get("inboxes", ""))
    return PersonLine(line, _name(cells), number, cells.get("address", "").lower(), word in _YES, inboxes)


def _name(cells: dict[str, str]) -> str:
    name = cells.get("name", "")
    if not any(letter.isalpha() for letter in name):
        raise _LineRefused("name-missing", name)
    return name[:200]


def _number(cells: dict[str, str]) -> str:
    number = cells.get("rpps", "").replace(" ", "")
    if _SHORTENED.fullmatch(number):
        raise _LineRefused("rpps-shortened", number)
    try:
        check_rpps(number)
    except RppsInvalid as error:
        raise _LineRefused("rpps", number) from error
    return number


def _inboxes(cell: str) -> dict[str, str]:
    """`maternite:gestion, garde`: who is named without a word reads and writes."""
    found = {}
    for each in re.split(r"[\s,|]+", cell.lower()):
        address, _, word = each.partition(":")
        role = _ROLES.get(word, "") if word else "sender"
        if each and not (address and role):
            raise _LineRefused("inboxes", each)
        if each:
            found[address] = role
    return found

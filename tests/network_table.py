"""The table of a network, written line by line as a spreadsheet would."""

from pathlib import Path

from bridge.pki.health_identity import luhn_digit

HEADING = "type;nom;rpps;adresse;administrateur;boites;fuseau"


def number(serial: int) -> str:
    """The RPPS number of somebody who has no sample card."""
    ten = f"99940{serial:05}"
    return ten + luhn_digit(ten)


def network(domain: str) -> str:
    return f"reseau;Réseau Périnat Océan;;{domain};;;Indian/Reunion"


def person(name: str, rpps: str, *, address: str = "", administrator: str = "", inboxes: str = "") -> str:
    return f"personne;{name};{rpps};{address};{administrator};{inboxes};"


def inbox(name: str, rpps: str, address: str) -> str:
    """One that the person of this number is to open."""
    return f"boite;{name};{rpps};{address};;;"


def maternity(opener: str, manager: str) -> list[str]:
    """Alice, who administers, is to open the inbox that Bob manages: both by their RPPS numbers."""
    return [
        network("pli.example"),
        person("Alice Martin", opener, administrator="oui"),
        person("Bob Lefèvre", manager, inboxes="maternite:gestion"),
        inbox("Maternité", opener, "maternite"),
    ]


def write(folder: Path, *lines: str) -> Path:
    """As Excel's "CSV" in France: semicolons, Windows-1252, CRLF."""
    file = folder / "network.csv"
    file.write_bytes("\r\n".join([HEADING, *lines]).encode("cp1252"))
    return file

"""The table of a network, as spreadsheets write it: what is read, and what is said of each line that is not."""

from pathlib import Path

import pytest

from tests.network_table import HEADING, number
from webmail.domain.network_file import REASONS, read_network

NETWORK = "reseau;Réseau Périnat Océan;;perinat.example;;;Indian/Reunion"
ALICE = f"personne;Aline Hoareau;{number(1)};;oui;maternite:gestion, garde;"
WARD = f"boite;Maternité;{number(1)};maternite;;;"


def text(*lines: str) -> str:
    return "\r\n".join([HEADING, *lines, ""])


def read(*lines: str):
    return read_network(text(*lines).encode())


def told(*lines: str) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in read(*lines).refused]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_what_spreadsheets_write_is_read(coding, separator):
    """Excel's "CSV", "CSV UTF-8" and "Unicode text", Calc's choices; a cell that holds the separator is quoted."""
    lines = [line.replace("gestion, garde", "gestion garde").replace(";", separator) for line in (NETWORK, ALICE, WARD)]
    file = read_network("\r\n".join([HEADING.replace(";", separator), *lines]).encode(coding))
    assert file.refused == ()
    assert (file.network.name, file.network.domain, file.network.timezone) == (
        "Réseau Périnat Océan",
        "perinat.example",
        "Indian/Reunion",
    )
    (person,), (inbox,) = file.people, file.inboxes
    assert (person.name, person.rpps_number, person.administrator) == ("Aline Hoareau", number(1), True)
    assert person.inboxes == {"maternite": "manager", "garde": "sender"}
    assert (inbox.name, inbox.rpps_number, inbox.address) == ("Maternité", number(1), "maternite")


def test_quoted_cells_a_hint_for_excel_english_words_and_blanks_are_read():
    lines = [
        "sep=,",
        '"Type","Name","RPPS","Address","Inboxes"',
        "network,Périnat,,perinat.example",
        f'person,"Hoareau, Aline","{number(1)[:5]}\u00a0{number(1)[5:]}",aline,"maternite:reader, garde"',
        ",,,,",
        "",
    ]
    file = read_network("\n".join(lines).encode("cp1252"))
    assert file.refused == ()
    assert file.network.timezone == "Europe/Paris"
    assert file.people[0].inboxes == {"maternite": "reader", "garde": "sender"}
    assert file.people[0].line == 4


BAD = {
    "type": "personnes;Aline Hoareau;1;;;;",
    "name-missing": f"personne;;{number(2)};;;;",
    "rpps": "personne;Aline Hoareau;99940000010;;;;",
    "rpps-shortened": "personne;Aline Hoareau;9,9940E+10;;;;",
    "administrator": f"personne;Aline Hoareau;{number(2)};;peut-être;;",
    "inboxes": f"personne;Aline Hoareau;{number(2)};;;maternite:tout;",
    "quotes": f'personne;"Aline Hoareau;{number(2)};;;;',
    "timezone": "reseau;Autre;;autre.example;;;UTC+4",
    "domain": "reseau;Autre;;pas un domaine;;;",
    "network-twice": "reseau;Autre;;autre.example;;;",
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_line_is_named_and_its_neighbours_stand(reason):
    file = read(NETWORK, ALICE, BAD[reason], WARD)
    assert [(one.line, one.reason) for one in file.refused] == [(4, reason)]
    assert (len(file.people), len(file.inboxes)) == (1, 1)
    assert len(REASONS[reason]) > 20


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "columns"),
        (b"nom;prenom\n", "columns"),
        (b"\x00\x01\x02", "encoding"),
        (b"\xff\xfe\x00", "encoding"),
        (text(ALICE).encode(), "network-missing"),
        (text(NETWORK).encode() + b";\n" * 20_001, "too-long"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(data, reason):
    file = read_network(data)
    assert file.network is None or reason == "too-long"
    assert reason in [one.reason for one in file.refused]
    assert file.people == () or reason == "network-missing"


def test_the_sample_that_the_guide_names_is_read_whole():
    file = read_network((Path(__file__).parents[3] / "docs" / "guide" / "reseau-regional.csv").read_bytes())
    assert file.refused == ()
    assert (len(file.people), len(file.inboxes), file.network.timezone) == (20, 2, "Indian/Reunion")

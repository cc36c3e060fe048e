"""What the server reads of a message at delivery, before it is sealed."""

import json

from webmail.domain.reading import MAX_NAMES, read_message


def addressees(field: bytes) -> list[str]:
    row = json.loads(read_message(b"To: " + field + b"\r\n\r\n").summary)
    return [one["address"] for one in row["to"]]


def test_what_is_no_address_takes_no_place_in_the_row():
    assert addressees(b">, " * MAX_NAMES + b"a@b.example") == ["a@b.example"]


def test_a_row_names_twenty_at_most():
    every = [f"a{number}@b.example" for number in range(MAX_NAMES + 1)]
    assert addressees(", ".join(every).encode()) == every[:MAX_NAMES]


def test_an_odd_address_hides_no_other_of_its_field():
    assert addressees(b'c@d.example, "B" <b@b"".example>')[0] == "c@d.example"

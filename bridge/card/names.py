"""What a card is called where a person chooses among several."""

from collections.abc import Iterable

from asn1crypto import x509

_UNNAMED = "card"


def card_name(label: str, certificates: Iterable[bytes]) -> str:
    """A token's label behind its holder's name: cards of one kind bear one label. The label alone where it says the name.

    The name is the subject's (given name and surname, RFC 5280 §4.1.2.4), and proves nothing: no certificate was checked.
    """
    for der in certificates:
        given, family = _names(der)
        if given and family:
            return label if family.casefold() in label.casefold() else f"{given} {family}, {label}"
    return label


def nameless(label: str, certificates: Iterable[bytes], model: str) -> str:
    """A token's label for a site that does not know whose card it is; its model where the label would tell."""
    families = {family.casefold() for der in certificates if (family := _names(der)[1])}
    return (model or _UNNAMED) if any(family in label.casefold() for family in families) else label


def _names(der: bytes) -> tuple[str, str]:
    """Given name and surname, empty where there is none or several."""
    try:
        subject = x509.Certificate.load(der).subject.native
    except ValueError:
        return "", ""
    found = (subject.get("given_name"), subject.get("surname"))
    given, family = (value if isinstance(value, str) and value.isprintable() else "" for value in found)
    return given, family

"""Directory/query and /lookup: correspondents and their certificates, for the client to validate."""

from base64 import b64encode

from webmail.directory.listing import Listing
from webmail.domain import credentials, look_up
from webmail.domain.credentials import GrantableCard
from webmail.domain.errors import InvalidProperties, TooLarge
from webmail.jmap.capabilities import KEYS
from webmail.jmap.dispatch import Answer, Arguments, Call, Method
from webmail.jmap.errors import MethodError
from webmail.jmap.shapes import ACCOUNT, arguments
from webmail.jmap.standard import Object
from webmail.schema import Optional, binary, sequence, text


def query(call: Call, wanted: Arguments) -> Answer:
    """Directory/query: at most ten entries for two characters or more."""
    del call
    try:
        found = look_up.query(wanted["text"])
    except InvalidProperties as error:
        raise MethodError("invalidArguments", arguments=["text"]) from error
    return {"accountId": wanted["accountId"], "list": [serialised(entry) for entry in found]}


def lookup(call: Call, wanted: Arguments) -> Answer:
    """Directory/lookup: one entry, or null, for each address in order."""
    del call
    try:
        found = look_up.lookup(wanted["addresses"])
    except TooLarge as error:
        raise MethodError("requestTooLarge") from error
    return {"accountId": wanted["accountId"], "list": [entry and serialised(entry) for entry in found]}


def card(call: Call, wanted: Arguments) -> Answer:
    """Directory/card: the card of a number, or of a grant holder's reference, to grant to while its holder is away; else null."""
    del call
    found = credentials.grantable(rpps_number=wanted["rppsNumber"], reference=wanted["reference"].hex())
    return {"accountId": wanted["accountId"], "card": found and _card(found)}


def _card(found: GrantableCard) -> Object:
    return {
        "name": found.person.name,
        "idType": found.person.id_type,
        "idValue": found.person.id_value,
        "profession": found.person.profession,
        "certificate": _text(found.certificate),
        "chain": [_text(member) for member in found.chain],
        "proof": _text(found.proof),
        "ocsps": [_text(response) for response in found.ocsps],
    }


def serialised(entry: Listing) -> Object:
    """The directory entry of docs/API.md."""
    return {
        "address": entry.address,
        "name": entry.name,
        "rppsNumber": entry.rpps_number,
        "profession": entry.profession,
        "kind": entry.kind,
        "level": entry.level,
        "internal": entry.internal,
        "state": entry.state,
        "encryptionCertificate": _text(entry.encryption_certificate),
        "signatureCertificate": _text(entry.signature_certificate),
        "chain": [_text(member) for member in entry.chain],
        "binding": _text(entry.binding),
        "logEntry": _text(entry.log_entry),
        "granters": [{"idType": one.id_type, "idValue": one.id_value, "name": one.name} for one in entry.granters],
        "ocsps": [_text(response) for response in entry.ocsps],
    }


def _text(value: bytes | None) -> str | None:
    return b64encode(value).decode() if value else None


METHODS = {
    "Directory/query": Method(KEYS, arguments(ACCOUNT, {"text": text(200)}), query),
    "Directory/card": Method(
        KEYS,
        arguments(ACCOUNT, {"rppsNumber": Optional(text(11, r"\d{11}"), ""), "reference": Optional(binary(32), b"")}),
        card,
    ),
    "Directory/lookup": Method(KEYS, arguments(ACCOUNT, {"addresses": sequence(text(254), 1000)}), lookup),
}

"""The parameters of each method of `pli-bridge.1` (docs/PROTOCOL.md, *Methods*), as strict shapes."""

from collections.abc import Mapping

from bridge.cms import algorithms
from bridge.protocol import (
    MAX_BLOBS,
    Shape,
    binary,
    boolean,
    choice,
    fixed_binary,
    inline_binary,
    integer,
    many,
    one_of,
    record,
    text,
)

_CARD = text(64, r"c_[0-9a-f]{32}")
_HANDLE = text(64, r"m_[0-9a-f]{32}")
_SHEET = text(34, r"s_[0-9a-f]{32}")
_HEX_ID = text(32, r"[0-9a-f]{32}")
_ADDRESS = text(254, r"[^\x00-\x20\x7f@]{1,64}@[^\x00-\x20\x7f@]{1,189}")
_TIME = text(20, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CERTIFICATES = many(binary, 10)
_CRLS = many(binary, 64)
_OCSPS = many(binary, 512)
# Those whose keys a page may have.
OBJECT_CLASSES = tuple(one for one in algorithms.OBJECT_CLASSES if one != "history")
_EPOCH = integer(1, 1_000_000)
_NOTHING = record({})
_PASSKEY = {"credentialId": inline_binary, "prf": fixed_binary(32)}
_NAMED = {"name": text(200), "idType": text(20), "idValue": text(64)}

_HASH = fixed_binary(32)
_HASHES = many(_HASH, 200)
_EVIDENCE = record(
    {
        "logEntries": many(binary, 1000),
        "bodies": many(binary, 5000),
        "bindings": many(binary, 1000),
        "chain": many(binary, 64),
        "crls": _CRLS,
    },
    {"ocsps": _OCSPS},
)
_HOLDER_CARD = record({"certificate": binary, "chain": _CERTIFICATES}, {"proof": binary})
_GRANT = record(
    {
        "holder": one_of(
            card=_HOLDER_CARD,
            selfCard=record({"card": _CARD}),
            passkey=record({**_PASSKEY, "name": text(200)}),
        ),
        "role": choice("reader", "sender", "manager", "owner"),
        "notBefore": _TIME,
        "history": choice("all", "now"),
    },
    {"notAfter": _TIME, "confidential": boolean},
)
_ACT = {"handle": _HANDLE, "evidence": _EVIDENCE}
_OFFICER = record({"requestId": text(34, r"(m_)?[0-9a-f]{32}"), "policy": binary, "releases": many(binary, 255, 1)})

METHODS: Mapping[str, Shape] = {
    "bridge.status": _NOTHING,
    "card.list": _NOTHING,
    "card.subscribe": _NOTHING,
    "pin.status": record({"card": _CARD}),
    "pin.change": record({"card": _CARD}),
    "diag.report": _NOTHING,
    "cert.get": record({"card": _CARD, "key": text(64)}),
    "auth.token": record({"card": _CARD, "challenge": text(128, r"[A-Za-z0-9+/=]{44,128}")}),
    "certificate.request": record(
        {
            "address": _ADDRESS,
            "encryptionAlgorithm": choice("rsa-3072", "p-384"),
            "signatureAlgorithm": choice("p-256", "rsa-3072"),
        }
    ),
    "mailbox.create": record(
        {
            "handle": _HANDLE,
            "mailboxId": _HEX_ID,
            "address": _ADDRESS,
            "encryptionCertificate": binary,
            "signatureCertificate": binary,
            "chain": _CERTIFICATES,
            "crls": _CRLS,
            "holder": one_of(card=_CARD, passkey=record({**_PASSKEY, **_NAMED})),
        },
        {"ocsps": _OCSPS},
    ),
    "mailbox.open": record(
        {
            "grant": binary,
            "logEntries": many(binary, 1000),
            "bindings": many(binary, 1000),
            "encryptionCertificate": binary,
            "signatureCertificate": binary,
            "chain": _CERTIFICATES,
            "crls": _CRLS,
            "unlock": one_of(
                card=_CARD, passkey=record(_PASSKEY), recovery=record({"secret": fixed_binary(32)}), officer=_OFFICER
            ),
        },
        {"bodies": many(binary, 5000), "ocsps": _OCSPS, "history": binary, "restore": binary, "older": binary},
    ),
    "storage.keys": record(
        {
            "handle": _HANDLE,
            "items": many(
                record(
                    {
                        "class": choice(*OBJECT_CLASSES),
                        "id": text(128, r"[\x21-\x7e]{1,128}"),
                    },
                    {"epoch": _EPOCH},
                ),
                256,
            ),
        }
    ),
    "key.unwrap": record(
        {
            "handle": _HANDLE,
            "class": choice("message", "summary"),
            "items": many(
                record(
                    {"recipientInfo": binary, "contentAlgorithm": text(64, r"[0-9]+(\.[0-9]+)+")}, {"epoch": _EPOCH}
                ),
                64,
            ),
        }
    ),
    "message.sign": record({"handle": _HANDLE, "messages": many(binary, 50, 1)}, {"card": _CARD, "listed": boolean}),
    "certificates.validate": record(
        {
            "items": many(
                record(
                    {
                        "certificate": binary,
                        "chain": _CERTIFICATES,
                        "purpose": choice("encrypt", "message-signature", "card-signature", "card-authentication"),
                    },
                    {"address": _ADDRESS, "binding": binary, "logEntry": binary, "at": _TIME},
                ),
                64,
            ),
            "crls": _CRLS,
        },
        {"ocsps": _OCSPS},
    ),
    "mailbox.members": record(_ACT),
    "grant.make": record(
        {**_ACT, "grants": many(_GRANT, 50, 1), "kind": choice("grant", "certChange")}, {"ends": _HASHES, "card": _CARD}
    ),
    "mailbox.rotate": record(
        {
            **_ACT,
            "newHandle": _HANDLE,
            "encryptionCertificate": binary,
            "signatureCertificate": binary,
            "holders": many(_HOLDER_CARD, 500),
        },
        {"add": many(_GRANT, 50), "ends": _HASHES, "card": _CARD},
    ),
    "log.append": record({**_ACT, "kind": choice("revoke", "confirm"), "hashes": many(_HASH, 200, 1)}, {"card": _CARD}),
    "card.prove": record({"card": _CARD}),
    "recovery.sheet": record({"handle": _HANDLE}),
    "recovery.drop": record({"handle": _HANDLE, "sheet": _SHEET}),
    "recovery.make": record({**_ACT, "sheet": _SHEET}, {"card": _CARD}),
    "officers.make": record(
        {
            **_ACT,
            "kind": choice("officers", "breakGlass"),
            "threshold": integer(1, 50),
            "minutes": integer(1, 60),
            "messages": integer(0, 10_000),
            "holders": many(_HOLDER_CARD, 50, 1),
        },
        {"ends": _HASHES, "card": _CARD},
    ),
    "recovery.request": record(
        {"address": _ADDRESS, "mailboxId": _HEX_ID, "policy": binary, "reason": text(200), "card": _CARD},
        {"chain": _CERTIFICATES},
    ),
    "share.release": record(
        {"card": _CARD, "share": binary, "request": binary, "policy": binary, "evidence": _EVIDENCE}
    ),
    "export.begin": record(
        {
            "handle": _HANDLE,
            "total": integer(0, 10_000_000),
            "certificates": many(
                record({"epoch": _EPOCH, "encryption": binary, "signature": binary, "chain": _CERTIFICATES}), 1000, 1
            ),
        }
    ),
    "export.put": record(
        {
            "handle": _HANDLE,
            "messages": many(
                record({"id": _HEX_ID, "folder": text(200), "receivedAt": _TIME, "epoch": _EPOCH, "sealed": binary}),
                64,
                1,
            ),
        }
    ),
    "export.end": record({"handle": _HANDLE, "trace": binary}),
    "session.lock": record({}, {"handle": _HANDLE}),
    "blob.put": record(
        {"id": text(64, r"[\x21-\x7e]{1,64}"), "offset": integer(0, MAX_BLOBS), "data": inline_binary, "last": boolean}
    ),
}

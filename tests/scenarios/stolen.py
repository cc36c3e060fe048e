"""What somebody holds who kept every key of his time as a member, and later got hold of the whole database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError
from bridge.cms.grants import open_grant_with_key, parse_grant
from bridge.cms.history import Keyring, open_keyring
from bridge.cms.objects import derive_object_key, open_object
from bridge.cms.seal import open_seal

SEALED = {"pli-message": "select m.epoch, b.data from webmail_message m join webmail_blob b on b.id = m.blob_id and b.account_id = m.account_id where m.account_id = ?",
          "pli-summary": "select epoch, summary from webmail_message where account_id = ?"}  # fmt: skip
GRANTS = "select epoch, grant from webmail_grant where account_id = ?"
HISTORIES = "select epoch, history from webmail_mailboxkey where account_id = ? and length(history) > 0"
OBJECTS = "select o.epoch, o.id, o.object_class, o.version, b.data from webmail_sealedobject o join webmail_blob b on b.id = o.blob_id where o.account_id = ?"


@dataclass(frozen=True)
class Database:
    """A copy of a server's database, as a file."""

    file: Path

    def rows(self, query: str, account_id: str) -> list[tuple]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query, [account_id]).fetchall()


def card_keys(folder: Path, pin: str) -> list:
    """Every private key of a software card."""
    return [
        pkcs12.load_key_and_certificates(file.read_bytes(), pin.encode())[0] for file in sorted(folder.glob("*.p12"))
    ]


def keyring(grants: list[bytes], history: bytes | None, spkis: dict, keys: list) -> Keyring:
    """What a member's grant opened to him in his time. Raises StopIteration: none is for these keys."""
    for der in grants:
        for key in keys:
            with suppress(CmsError):
                grant = parse_grant(der)
                return open_keyring(grant.body, open_grant_with_key(grant, key), history, spkis)
    raise StopIteration


def opens(database: Database, account_id: str, ring: Keyring, card: list) -> Iterator[tuple[str, int]]:
    """Everything in the database that a ring or the card opens: what, and of which epoch."""
    private = [
        *card,
        *(keys.encryption_key for keys in ring.epochs.values()),
        *(keys.signature_key for keys in ring.epochs.values()),
    ]
    for label, query in SEALED.items():
        for epoch, sealed in database.rows(query, account_id):
            if any(_opens_seal(bytes(sealed), key, label) for key in private):
                yield label, epoch
    for epoch, grant in database.rows(GRANTS, account_id):
        if any(_opens_grant(bytes(grant), key) for key in private):
            yield "grant", epoch
    for epoch, history in database.rows(HISTORIES, account_id):
        if any(
            _opens_object(history, keys.storage_key, account_id, "history", str(epoch), epoch, 1)
            for keys in ring.epochs.values()
        ):
            yield "history", epoch
    for epoch, name, kind, version, sealed in database.rows(OBJECTS, account_id):
        if any(
            _opens_object(sealed, keys.storage_key, account_id, kind, name, epoch, version)
            for keys in ring.epochs.values()
        ):
            yield kind, epoch


def _opens_seal(sealed: bytes, key: object, label: str) -> bool:
    try:
        parse_enveloped(sealed)
        open_seal(sealed, key, label)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 (whatever the reason, it did not open)
        return False
    return True


def _opens_grant(der: bytes, key: object) -> bool:
    try:
        open_grant_with_key(parse_grant(der), key)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001
        return False
    return True


def _opens_object(
    sealed: bytes, storage_key: bytes, account_id: str, kind: str, name: str, epoch: int, version: int
) -> bool:
    where = {"object_class": kind, "object_id": name, "epoch": epoch, "version": version}
    try:
        open_object(
            bytes(sealed), derive_object_key(storage_key, kind, name), mailbox_id=bytes.fromhex(account_id), **where
        )
    except Exception:  # noqa: BLE001
        return False
    return True

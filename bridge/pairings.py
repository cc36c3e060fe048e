"""What the bridge remembers of pages: which key of which origin was paired, and its own key for each origin.

`pairings.json` and `keys/` lie in the state folder, readable by this user alone and written whole or not at all. A page sees
a key of the bridge that no other origin sees, so that two sites cannot tell that they share a visitor.
"""

import base64
import hashlib
import json
import os
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from bridge import p256
from bridge.errors import PliError, PolicyRefused
from bridge.ownership import refuse_untrusted

MAX_PAGES = 16  # of one origin; a new one takes the place of who stayed away longest
_PRIVATE = 0o600
_OTHERS = 0o077
_USED_AGAIN = timedelta(hours=1)  # the file is not written for every reload


class PairingsRefused(PliError):
    """The state folder's pairings cannot be trusted or read."""

    code = "pairings-refused"


@dataclass(frozen=True)
class PairedPage:
    """One browser's key for one origin. `label` is what that browser called itself."""

    origin: str
    key: bytes
    created: datetime
    used: datetime
    label: str = ""


class Pairings:
    """The store. Thread-safe. Raises PairingsRefused for files that somebody else could have written."""

    def __init__(self, state: Path) -> None:
        self._file = state / "pairings.json"
        self._keys = state / "keys"
        self._lock = threading.Lock()
        self._bridge_keys: dict[str, p256.PrivateKey] = {}
        self._pages = self._load()

    def all(self) -> list[PairedPage]:
        with self._lock:
            return list(self._pages)

    def knows(self, origin: str) -> bool:
        """Whether any page of this origin is paired."""
        return any(page.origin == origin for page in self.all())

    def is_paired(self, origin: str, key: bytes) -> bool:
        """Whether this very page is; it counts as used now."""
        with self._lock:
            found = self._find(origin, key)
            if found and datetime.now(UTC) - found.used > _USED_AGAIN:
                self._replace(found, replace(found, used=_now()))
            return found is not None

    def add(self, origin: str, key: bytes, label: str = "") -> None:
        """Remember a page; where its origin has its fill, in the place of the one unused longest."""
        with self._lock:
            page = PairedPage(origin, key, _now(), _now(), label)
            self._replace(self._find(origin, key) or self._surplus(origin), page)

    def remove(self, origin: str) -> int:
        """Forget all pages of an origin; how many they were. Pages then have to pair anew."""
        with self._lock:
            kept = [page for page in self._pages if page.origin != origin]
            gone = len(self._pages) - len(kept)
            self._pages = kept
            self._write()
            return gone

    def bridge_key(self, origin: str) -> p256.PrivateKey:
        """The bridge's long-term key for this origin, made when first asked for. Only for callers the doors let in."""
        with self._lock:
            if origin not in self._bridge_keys:
                self._bridge_keys[origin] = self._read_key(origin) or self._make_key(origin)
            return self._bridge_keys[origin]

    def _find(self, origin: str, key: bytes) -> PairedPage | None:
        return next((page for page in self._pages if (page.origin, page.key) == (origin, key)), None)

    def _surplus(self, origin: str) -> PairedPage | None:
        pages = [page for page in self._pages if page.origin == origin]
        return min(pages, key=lambda page: page.used) if len(pages) >= MAX_PAGES else None

    def _replace(self, old: PairedPage | None, new: PairedPage) -> None:
        self._pages = [page for page in self._pages if page is not old] + [new]
        self._write()

    def _write(self) -> None:
        _write_private(self._file, json.dumps([_described(page) for page in self._pages], indent=1).encode())

    def _load(self) -> list[PairedPage]:
        if not self._file.exists():
            return []
        _refuse_others(self._file)
        try:
            return [_page(entry) for entry in json.loads(self._file.read_text("utf-8"))]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PairingsRefused(f"{self._file.name}: {type(error).__name__}") from None

    def _key_file(self, origin: str) -> Path:
        return self._keys / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.der"

    def _read_key(self, origin: str) -> p256.PrivateKey | None:
        file = self._key_file(origin)
        if not file.exists():
            return None
        _refuse_others(file)
        try:
            key = load_der_private_key(file.read_bytes(), None)
        except ValueError:
            raise PairingsRefused(f"{file.name} is no key") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise PairingsRefused(f"{file.name} is no P-256 key")
        return key

    def _make_key(self, origin: str) -> p256.PrivateKey:
        self._keys.mkdir(mode=0o700, exist_ok=True)
        key = p256.generate()
        _write_private(self._key_file(origin), key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        return key


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _described(page: PairedPage) -> dict[str, str]:
    key = base64.b64encode(page.key).decode()
    times = {"created": page.created.isoformat(), "used": page.used.isoformat()}
    return {"origin": page.origin, "key": key, **times, "label": page.label}


def _page(entry: dict[str, Any]) -> PairedPage:
    created, used = (datetime.fromisoformat(entry[name]).astimezone(UTC) for name in ("created", "used"))
    return PairedPage(str(entry["origin"]), base64.b64decode(entry["key"]), created, used, str(entry["label"]))


def _refuse_others(file: Path) -> None:
    try:
        refuse_untrusted(file)
    except PolicyRefused as error:
        raise PairingsRefused(str(error)) from None
    if os.name == "posix" and file.stat().st_mode & _OTHERS:
        raise PairingsRefused(f"{file.name} is open to others")


def _write_private(file: Path, content: bytes) -> None:
    """Whole or not at all, and never for a moment readable by others."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)

"""A PKCS#11 module: slots, tokens and objects through python-pkcs11, what it does badly through `cryptoki`.

A private key belongs to a certificate by its public part: RSA by CKA_MODULUS, EC by CKA_ID. No `cryptography` here.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from asn1crypto import algos, core, x509
from pkcs11 import KDF, Attribute, KeyType, ObjectClass, SlotFlag, TokenFlag
from pkcs11.util.ec import encode_ecdsa_signature

from bridge.card import cryptoki
from bridge.card.card import CardReport, KeyReport, Mechanism
from bridge.card.ckr import translated
from bridge.card.cryptoki import Cryptoki, PinForUse
from bridge.card.discovery import cannot_load
from bridge.card.errors import (
    CardError,
    CardFailed,
    DecryptionFailed,
    LoginRequired,
    MechanismUnsupported,
    ModuleMissing,
    NoCard,
    PinIncorrect,
    PinLocked,
)
from bridge.card.names import card_name, nameless
from bridge.card.opensc_settings import without_pin_cache

_OAEP = {Mechanism.RSA_OAEP_SHA1: "sha1", Mechanism.RSA_OAEP_SHA256: "sha256"}
_ECDSA = {Mechanism.ECDSA_SHA256: "sha256", Mechanism.ECDSA_SHA384: "sha384"}
_PIN_LENGTHS = range(1, 256)  # what a module says beyond is no length: some leave the fields empty
_SLOT_TRIES = 5


@dataclass(frozen=True)
class _PrivateKey:
    """An object of a token, and whether it wants the PIN at each use."""

    object: Any
    always: bool


@dataclass(frozen=True)
class _Login:
    """A session that is logged in. The private keys found in it, by the certificate's SHA-256, end with it: their handles do too."""

    session: Any
    keys: dict[bytes, _PrivateKey] = field(default_factory=dict)


class Pkcs11Module:
    """The tokens of one PKCS#11 library, as a `CardModule`. Raises ModuleMissing."""

    def __init__(self, path: str) -> None:
        try:
            with without_pin_cache():
                self._library = pkcs11.lib(path)
            self._cryptoki = Cryptoki(path)
        except (pkcs11.PKCS11Error, CardError, OSError, RuntimeError, AttributeError) as error:
            raise ModuleMissing(type(error).__name__, help=cannot_load(path)) from None
        self._certificates: dict[tuple[int, str], list[tuple[bytes, bytes]]] = {}
        self._logins: dict[str, _Login] = {}
        self._in_readers = True

    @property
    def in_readers(self) -> bool:
        """A module that never had a slot waits for a reader; SoftHSM’s slots are no hardware."""
        hardware = SlotFlag.HW_SLOT | SlotFlag.REMOVABLE_DEVICE
        with translated():
            slots = self._slots(token_present=False)
        if slots:
            self._in_readers = any(slot.flags & hardware for slot in slots)
        return self._in_readers

    @property
    def version(self) -> str:
        """Of the library (CK_INFO)."""
        major, minor = self._library.library_version
        return f"{major}.{minor}"

    def cards(self, pulled: Sequence[str] = ()) -> list[CardReport]:
        if pulled:
            self._forget(pulled)
        with translated():
            present = self._tokens()
        for gone in self._logins.keys() - present.keys():
            self._logins.pop(gone)
        places = {(token.slot.slot_id, serial) for serial, token in present.items()}
        self._certificates = {place: ders for place, ders in self._certificates.items() if place in places}
        return [report for serial, token in present.items() if (report := self._report(serial, token)) is not None]

    def rest(self) -> bool:
        """C_Finalize: the one call that ends a module's connections to its cards."""
        if self._logins:
            return False
        with translated():
            self._library.finalize()
        return True

    def _forget(self, pulled: Sequence[str]) -> None:
        """OpenSC may go on showing the last card for another put in its place, and a PIN would go to the wrong one."""
        self._certificates.clear()
        for serial in pulled:
            self._logins.pop(serial, None)
        self.rest()

    def recount(self, serial: str) -> None:
        """OpenSC asks a card for its counter until it has logged in once: what other programs spend later it never sees."""
        if "OpenSC" in str(self._library.manufacturer_id):
            self.logout(serial)
            self.rest()

    def login(self, serial: str, pin: bytes | None) -> None:
        self.logout(serial)
        token = self._token(serial)
        with translated():
            session = token.open()
        with self._counting(serial):
            self._cryptoki.login(session.handle, cryptoki.CKU_USER, pin)
        self._logins[serial] = _Login(session)

    def keys(self, serial: str) -> list[KeyReport]:
        session = self._login(serial).session
        with translated():
            return list(self._keys(session, self._read(serial, session.token)))

    def logout(self, serial: str) -> None:
        login = self._logins.pop(serial, None)
        if login is None:
            return
        try:
            self._cryptoki.logout(login.session.handle)
            self._cryptoki.close_all(login.session.token.slot.slot_id)
        except CardError:
            return  # its card is gone, and the session with it

    def change_pin(self, serial: str, old: bytes | None, new: bytes | None) -> None:
        self.logout(serial)
        token = self._token(serial)
        with translated():
            session = token.open(rw=True)
        try:
            with self._counting(serial):
                self._cryptoki.set_pin(session.handle, old, new)
        finally:
            _close(session)

    def perform(self, serial: str, certificate_sha256: bytes, mechanism: str, data: bytes, pin: bytes | None) -> bytes:
        login = self._login(serial)
        try:
            with translated(), self._counting(serial):
                key = self._private_key(serial, login, certificate_sha256)
                return self._operate(login.session, key, Mechanism(mechanism), data, pin)
        except (MechanismUnsupported, LoginRequired):
            raise  # refused before anything began
        except CardError:
            self.logout(serial)  # the operation may still be active in the module
            raise

    def _slots(self, *, token_present: bool) -> list[Any]:
        """After a rest, C_Initialize. The list grows between asking how long it is and asking for it where a card comes just then: asked again."""
        if not self._library.initialized:
            with without_pin_cache():
                self._library.initialize()
        for _ in range(_SLOT_TRIES):
            try:
                return list(self._library.get_slots(token_present=token_present))
            except pkcs11.PKCS11Error as error:
                last = error
        raise last

    def _tokens(self) -> dict[str, Any]:
        """The initialised tokens by serial number. Two of one number are told apart by slot, so that no PIN goes astray."""
        tokens = [token for slot in self._slots(token_present=True) if (token := _token_in(slot)) is not None]
        counted = Counter(map(_serial, tokens))
        return {_name(token, alone=counted[_serial(token)] == 1): token for token in tokens}

    def _token(self, serial: str) -> Any:
        with translated():
            token = self._tokens().get(serial)
        if token is None:
            raise NoCard
        return token

    def _login(self, serial: str) -> _Login:
        login = self._logins.get(serial)
        if login is None:
            raise LoginRequired
        return login

    def _report(self, serial: str, token: Any) -> CardReport | None:
        try:
            with translated():
                certificates = [der for _, der in self._read(serial, token)]
            shortest, longest = self._cryptoki.pin_lengths(token.slot.slot_id)
        except CardError:
            return None  # pulled while it was read
        flags = token.flags
        says_lengths = shortest in _PIN_LENGTHS and longest in _PIN_LENGTHS and shortest <= longest
        return CardReport(
            serial=serial,
            label=card_name(token.label, certificates),
            nameless=nameless(token.label, certificates, token.model),
            reader=token.slot.slot_description.strip(),
            pinpad=_has_pinpad(token),
            tries=_tries(token),
            last_try=TokenFlag.USER_PIN_FINAL_TRY in flags,
            pin_locked=TokenFlag.USER_PIN_LOCKED in flags,
            certificates=certificates,
            shortest_pin=shortest if says_lengths else CardReport.shortest_pin,
            longest_pin=longest if says_lengths else CardReport.longest_pin,
        )

    def _read(self, serial: str, token: Any) -> list[tuple[bytes, bytes]]:
        """(CKA_ID, DER) of each certificate; read once while the card stays."""
        known = (token.slot.slot_id, serial)
        if known not in self._certificates:
            session = token.open()
            try:
                self._certificates[known] = [
                    (bytes(found[Attribute.ID]), bytes(found[Attribute.VALUE]))
                    for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
                ]
            finally:
                _close(session)
        return self._certificates[known]

    def _der(self, serial: str, token: Any, certificate_sha256: bytes) -> tuple[bytes, bytes]:
        for cka_id, der in self._read(serial, token):
            if hashlib.sha256(der).digest() == certificate_sha256:
                return cka_id, der
        raise CardFailed("no such certificate")

    def _keys(self, session: Any, certificates: list[tuple[bytes, bytes]]) -> Iterator[KeyReport]:
        for cka_id, der in certificates:
            try:
                key = self._key(session, (cka_id, der))
            except CardFailed:
                continue  # a CA certificate, or one whose key is elsewhere
            yield KeyReport(
                hashlib.sha256(der).digest(),
                always=bool(_attribute(key, Attribute.ALWAYS_AUTHENTICATE)),
                decrypt=bool(_attribute(key, Attribute.DECRYPT) or _attribute(key, Attribute.DERIVE)),
            )

    def _private_key(self, serial: str, login: _Login, certificate_sha256: bytes) -> _PrivateKey:
        """Searched for once in a session: PKCS#11 asks the token for each object and for its modulus."""
        if certificate_sha256 not in login.keys:
            certificate = self._der(serial, login.session.token, certificate_sha256)
            key = self._key(login.session, certificate)
            login.keys[certificate_sha256] = _PrivateKey(key, bool(_attribute(key, Attribute.ALWAYS_AUTHENTICATE)))
        return login.keys[certificate_sha256]

    def _key(self, session: Any, certificate: tuple[bytes, bytes]) -> Any:
        cka_id, der = certificate
        public_key = x509.Certificate.load(der).public_key
        if public_key.algorithm == "rsa":
            modulus = public_key["public_key"].parsed["modulus"].native
            template: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.RSA}
            belongs: Callable[[Any], bool] = lambda key: int.from_bytes(key[Attribute.MODULUS], "big") == modulus  # noqa: E731
        else:
            template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.EC, Attribute.ID: cka_id}
            belongs = lambda _key: True  # noqa: E731
        for key in list(session.get_objects(template)):
            if belongs(key):
                return key
        raise CardFailed("no such key")

    def _operate(
        self, session: Any, private_key: _PrivateKey, mechanism: Mechanism, data: bytes, pin: bytes | None
    ) -> bytes:
        token, key = session.token, private_key.object  # as at the login: asking anew would cost the card a command
        if mechanism is Mechanism.ECDH:
            return _derive(key, data)
        always = _pin_for_use(token, pin) if private_key.always else None
        if mechanism is Mechanism.RSA_PKCS1_SHA256:
            return self._sign_rsa(session, key, data, always)
        if mechanism in _ECDSA:
            digest = hashlib.new(_ECDSA[mechanism], data).digest()
            return encode_ecdsa_signature(self._sign(session, key, cryptoki.CKM_ECDSA, digest, always))
        described = cryptoki.plain_mechanism(cryptoki.CKM_RSA_PKCS)
        if mechanism in _OAEP:
            _require(token, cryptoki.CKM_RSA_PKCS_OAEP)
            described = cryptoki.oaep_mechanism(_OAEP[mechanism])
        try:
            return self._cryptoki.decrypt(session.handle, key.handle, described, data, always)
        except CardFailed:
            raise DecryptionFailed from None  # modules have many words for a padding that is none

    def _sign_rsa(self, session: Any, key: Any, data: bytes, always: PinForUse) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256; where the card's side does not hash, over a DigestInfo (RFC 8017 §9.2)."""
        try:
            return self._sign(session, key, cryptoki.CKM_SHA256_RSA_PKCS, data, always)
        except MechanismUnsupported:
            digest = {"algorithm": "sha256", "parameters": core.Null()}
            hashed = algos.DigestInfo({"digest_algorithm": digest, "digest": hashlib.sha256(data).digest()})
            return self._sign(session, key, cryptoki.CKM_RSA_PKCS, hashed.dump(), always)

    def _sign(self, session: Any, key: Any, number: int, data: bytes, always: PinForUse) -> bytes:
        return self._cryptoki.sign(session.handle, key.handle, cryptoki.plain_mechanism(number), data, always)

    def _counting(self, serial: str) -> "_CountingTries":
        return _CountingTries(self, serial)


class _CountingTries:
    """Says with a PIN that was refused how many tries are left."""

    def __init__(self, module: Pkcs11Module, serial: str) -> None:
        self._module = module
        self._serial = serial

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        if isinstance(error, PinIncorrect):
            tries = _tries(self._module._token(self._serial))  # noqa: SLF001 (its own part)
            raise (PinLocked() if tries == 0 else PinIncorrect(tries=tries)) from None


def _token_in(slot: Any) -> Any | None:
    """The slot's token, if it can be used. A ghost slot, or a card that answers nothing, never hides the others."""
    try:
        token = slot.get_token()
    except pkcs11.PKCS11Error:
        return None
    return token if TokenFlag.TOKEN_INITIALIZED in token.flags else None


def _serial(token: Any) -> str:
    return bytes(token.serial).rstrip(b"\0 ").decode("ascii", "replace")


def _name(token: Any, *, alone: bool) -> str:
    return _serial(token) if alone else f"{_serial(token)}@{token.slot.slot_id}"


def _tries(token: Any) -> int | None:
    """Only the ends of the counter are in the token's flags."""
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        return 0
    return 1 if TokenFlag.USER_PIN_FINAL_TRY in flags else None


def _has_pinpad(token: Any) -> bool:
    return TokenFlag.PROTECTED_AUTHENTICATION_PATH in token.flags


def _pin_for_use(token: Any, pin: bytes | None) -> PinForUse:
    """For a key that asks at each use. Without a pad, no PIN is a login that is missing: NULL might cost a try."""
    if pin is None and not _has_pinpad(token):
        raise LoginRequired
    return (pin,)


def _require(token: Any, mechanism: int) -> None:
    """Raise MechanismUnsupported unless the token lists the mechanism: the card is not asked for what it cannot do."""
    if mechanism not in {int(listed) for listed in token.slot.get_mechanisms()}:
        raise MechanismUnsupported


def _attribute(key: Any, attribute: Attribute) -> Any:
    try:
        return key[attribute]
    except pkcs11.PKCS11Error:
        return None  # an attribute this key type does not have


def _close(session: Any) -> None:
    try:
        session.close()
    except pkcs11.PKCS11Error:
        return  # its card is gone, and the session with it


def _derive(key: Any, point: bytes) -> bytes:
    """The raw ECDH secret; SoftHSM and OpenSC both take the uncompressed point and no KDF."""
    secret = key.derive_key(
        KeyType.GENERIC_SECRET,
        (len(point) - 1) // 2 * 8,
        mechanism=pkcs11.Mechanism.ECDH1_DERIVE,
        mechanism_param=(KDF.NULL, None, point),
        template={Attribute.SENSITIVE: False, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False},
    )
    return bytes(secret[Attribute.VALUE])

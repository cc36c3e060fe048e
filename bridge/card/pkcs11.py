"""A PKCS#11 module through python-pkcs11, and through ctypes where the wrapper costs a card operation.

python-pkcs11 asks C_Decrypt for the length first, which OpenSC answers by decrypting: two operations on the card, and a
failure with a key that wants its PIN at each use. Signing and decrypting therefore call the module directly, with a
buffer that always suffices. That also allows C_Login(NULL), a reader's own PIN pad, for such keys.

A private key belongs to a certificate by its public part: RSA by CKA_MODULUS, EC by CKA_ID. No `cryptography` here.
"""

import ctypes
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pkcs11
from asn1crypto import x509
from pkcs11 import KDF, Attribute, KeyType, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_ecdsa_signature

from bridge.card.card import CardReport, KeyReport, Mechanism
from bridge.card.errors import (
    CardError,
    CardFailed,
    CardInUse,
    CardRemoved,
    DecryptionFailed,
    LoginRequired,
    MechanismUnsupported,
    ModuleMissing,
    NoCard,
    PinIncorrect,
    PinLocked,
)

_CKU_CONTEXT_SPECIFIC = 2
_BUFFER = 1024  # more than an RSA-4096 block or signature

_CKM_RSA_PKCS = 0x1
_CKM_RSA_PKCS_OAEP = 0x9
_CKM_SHA256_RSA_PKCS = 0x40
_CKM_ECDSA = 0x1041
_CKM_SHA_1, _CKG_MGF1_SHA1 = 0x220, 0x1
_CKM_SHA256, _CKG_MGF1_SHA256 = 0x250, 0x2
_CKZ_DATA_SPECIFIED = 0x1

_BY_NUMBER: dict[int, type[CardError]] = {
    0x07: MechanismUnsupported,  # ARGUMENTS_BAD: SoftHSM's answer to OAEP with SHA-256
    0x54: MechanismUnsupported,  # FUNCTION_NOT_SUPPORTED
    0x63: MechanismUnsupported,  # KEY_TYPE_INCONSISTENT
    0x68: MechanismUnsupported,  # KEY_FUNCTION_NOT_PERMITTED
    0x70: MechanismUnsupported,  # MECHANISM_INVALID
    0x71: MechanismUnsupported,  # MECHANISM_PARAM_INVALID
    0x32: CardRemoved,  # DEVICE_REMOVED
    0xB0: CardRemoved,  # SESSION_CLOSED
    0xB3: CardRemoved,  # SESSION_HANDLE_INVALID
    0xE0: CardRemoved,  # TOKEN_NOT_PRESENT
    0xE1: CardRemoved,  # TOKEN_NOT_RECOGNIZED
    0xA0: PinIncorrect,
    0xA1: PinIncorrect,  # PIN_INVALID
    0xA2: PinIncorrect,  # PIN_LEN_RANGE
    0xA4: PinLocked,
    0x101: LoginRequired,  # USER_NOT_LOGGED_IN
}
_BY_NAME: dict[str, type[CardError]] = {
    "PinIncorrect": PinIncorrect,
    "PinInvalid": PinIncorrect,
    "PinLenRange": PinIncorrect,
    "PinLocked": PinLocked,
    "UserNotLoggedIn": LoginRequired,
    "UserAnotherAlreadyLoggedIn": CardInUse,
    "DeviceRemoved": CardRemoved,
    "TokenNotPresent": CardRemoved,
    "TokenNotRecognised": CardRemoved,
    "SessionHandleInvalid": CardRemoved,
    "SessionClosed": CardRemoved,
    "MechanismInvalid": MechanismUnsupported,
    "MechanismParamInvalid": MechanismUnsupported,
    "FunctionNotSupported": MechanismUnsupported,
    "KeyTypeInconsistent": MechanismUnsupported,
}


class _OaepParameters(ctypes.Structure):
    _fields_ = (
        ("hash_algorithm", ctypes.c_ulong),
        ("mgf", ctypes.c_ulong),
        ("source", ctypes.c_ulong),
        ("source_data", ctypes.c_void_p),
        ("source_data_length", ctypes.c_ulong),
    )


class _Mechanism(ctypes.Structure):
    _fields_ = (
        ("mechanism", ctypes.c_ulong),
        ("parameter", ctypes.c_void_p),
        ("parameter_length", ctypes.c_ulong),
    )


class Pkcs11Module:
    """The tokens of one PKCS#11 library, as a `CardModule`."""

    def __init__(self, path: str) -> None:
        try:
            self._library = pkcs11.lib(path)
            self._calls = ctypes.CDLL(path)
        except (pkcs11.PKCS11Error, OSError, RuntimeError) as error:
            raise ModuleMissing(type(error).__name__, help=path) from None
        self._certificates: dict[tuple[int, str], list[tuple[bytes, bytes]]] = {}
        self._sessions: dict[str, Any] = {}

    def cards(self) -> list[CardReport]:
        with _translated():
            present = list(self._tokens())
        serials = {_serial(token) for token in present}
        for gone in self._sessions.keys() - serials:
            self._sessions.pop(gone)
        self._certificates = {known: ders for known, ders in self._certificates.items() if known[1] in serials}
        return [report for token in present if (report := self._report(token)) is not None]

    def login(self, serial: str, pin: str | None) -> list[KeyReport]:
        self.logout(serial)
        token = self._token(serial)
        try:
            with _translated():
                session = token.open(user_pin=pkcs11.PROTECTED_AUTH if pin is None else pin)
        except PinIncorrect:
            raise PinIncorrect(tries=_tries(self._token(serial))) from None
        self._sessions[serial] = session
        with _translated():
            return list(self._keys(session, self._read(token)))

    def logout(self, serial: str) -> None:
        session = self._sessions.pop(serial, None)
        if session is not None:
            _close(session)

    def perform(self, serial: str, certificate_sha256: bytes, mechanism: str, data: bytes, pin: str | None) -> bytes:
        session = self._sessions.get(serial)
        if session is None:
            raise LoginRequired
        try:
            with _translated():
                key = self._key(session, self._der(serial, certificate_sha256))
                return self._operate(session, key, Mechanism(mechanism), data, pin)
        except MechanismUnsupported:
            raise  # refused before anything began
        except CardError:
            self.logout(serial)  # the operation may still be active in the module
            raise

    def _tokens(self) -> Iterator[Any]:
        for slot in self._library.get_slots(token_present=True):
            token = slot.get_token()
            if TokenFlag.TOKEN_INITIALIZED in token.flags:
                yield token

    def _token(self, serial: str) -> Any:
        with _translated():
            for token in self._tokens():
                if _serial(token) == serial:
                    return token
        raise NoCard

    def _report(self, token: Any) -> CardReport | None:
        try:
            with _translated():
                certificates = [der for _, der in self._read(token)]
        except CardError:
            return None  # pulled while it was read
        flags = token.flags
        return CardReport(
            serial=_serial(token),
            label=token.label,
            reader=token.slot.slot_description.strip(),
            pinpad=TokenFlag.PROTECTED_AUTHENTICATION_PATH in flags,
            tries=_tries(token),
            last_try=TokenFlag.USER_PIN_FINAL_TRY in flags,
            pin_locked=TokenFlag.USER_PIN_LOCKED in flags,
            certificates=certificates,
        )

    def _read(self, token: Any) -> list[tuple[bytes, bytes]]:
        """(CKA_ID, DER) of each certificate; read once while the card stays."""
        known = (token.slot.slot_id, _serial(token))
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

    def _der(self, serial: str, certificate_sha256: bytes) -> tuple[bytes, bytes]:
        for cka_id, der in self._read(self._token(serial)):
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

    def _operate(self, session: Any, key: Any, mechanism: Mechanism, data: bytes, pin: str | None) -> bytes:
        if mechanism is Mechanism.ECDH:
            return _derive(key, data)
        if mechanism is Mechanism.RSA_PKCS1_SHA256:
            return self._call("Sign", session, key, _mechanism(_CKM_SHA256_RSA_PKCS), data, pin)
        if mechanism in (Mechanism.ECDSA_SHA256, Mechanism.ECDSA_SHA384):
            digest = hashlib.new("sha256" if mechanism is Mechanism.ECDSA_SHA256 else "sha384", data).digest()
            return encode_ecdsa_signature(self._call("Sign", session, key, _mechanism(_CKM_ECDSA), digest, pin))
        return self._call("Decrypt", session, key, _decryption(mechanism), data, pin)

    def _call(self, verb: str, session: Any, key: Any, mechanism: "_Mechanism", data: bytes, pin: str | None) -> bytes:
        """C_SignInit/C_Sign or C_DecryptInit/C_Decrypt: one card operation."""
        handle = ctypes.c_ulong(session.handle)
        begin, finish = getattr(self._calls, f"C_{verb}Init"), getattr(self._calls, f"C_{verb}")
        _check(begin(handle, ctypes.byref(mechanism), ctypes.c_ulong(key.handle)))
        if _attribute(key, Attribute.ALWAYS_AUTHENTICATE):
            self._authenticate(handle, pin)
        buffer, size = ctypes.create_string_buffer(_BUFFER), ctypes.c_ulong(_BUFFER)
        answer = finish(handle, data, ctypes.c_ulong(len(data)), buffer, ctypes.byref(size))
        if verb == "Decrypt" and answer not in _BY_NUMBER and answer != 0:
            raise DecryptionFailed
        _check(answer)
        return buffer.raw[: size.value]

    def _authenticate(self, handle: ctypes.c_ulong, pin: str | None) -> None:
        encoded = None if pin is None else pin.encode()
        length = ctypes.c_ulong(len(encoded or b""))
        _check(self._calls.C_Login(handle, ctypes.c_ulong(_CKU_CONTEXT_SPECIFIC), encoded, length))


def _serial(token: Any) -> str:
    return bytes(token.serial).rstrip(b"\0 ").decode("ascii", "replace")


def _tries(token: Any) -> int | None:
    """Only the ends of the counter are in the token's flags."""
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        return 0
    return 1 if TokenFlag.USER_PIN_FINAL_TRY in flags else None


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


def _mechanism(number: int) -> _Mechanism:
    return _Mechanism(number, None, 0)


def _decryption(mechanism: Mechanism) -> _Mechanism:
    if mechanism is Mechanism.RSA_PKCS1:
        return _mechanism(_CKM_RSA_PKCS)
    numbers = {
        Mechanism.RSA_OAEP_SHA1: (_CKM_SHA_1, _CKG_MGF1_SHA1),
        Mechanism.RSA_OAEP_SHA256: (_CKM_SHA256, _CKG_MGF1_SHA256),
    }
    parameters = _OaepParameters(*numbers[mechanism], _CKZ_DATA_SPECIFIED, None, 0)
    described = _Mechanism(_CKM_RSA_PKCS_OAEP, ctypes.addressof(parameters), ctypes.sizeof(parameters))
    described.kept = parameters  # the structure holds only its address
    return described


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


def _check(answer: int) -> None:
    if answer != 0:
        raise _BY_NUMBER.get(answer, CardFailed)(f"CKR 0x{answer:X}")


def _refuse(error: pkcs11.PKCS11Error) -> NoReturn:
    raise _BY_NAME.get(type(error).__name__, CardFailed)(type(error).__name__) from None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except pkcs11.PKCS11Error as error:
        _refuse(error)

"""The PKCS#11 calls that python-pkcs11 makes in a way a card cannot bear, by ctypes on the module's CK_FUNCTION_LIST.

Its C_Decrypt asks for the length first, which OpenSC answers by decrypting: two operations on the card, and a failure with a
key that wants its PIN at each use. Its C_Login takes an immutable PIN, and has none for a reader's own pad in the middle of
an operation. Its token information lacks the lengths a PIN may have. Session and key handles are shared with it.
"""

import ctypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bridge.card.ckr import check

CKU_USER = 1
CKU_CONTEXT_SPECIFIC = 2
CKM_RSA_PKCS = 0x1
CKM_RSA_PKCS_OAEP = 0x9
CKM_SHA256_RSA_PKCS = 0x40
CKM_ECDSA = 0x1041
_CKM_SHA_1, _CKG_MGF1_SHA1 = 0x220, 0x1
_CKM_SHA256, _CKG_MGF1_SHA256 = 0x250, 0x2
_CKZ_DATA_SPECIFIED = 0x1

_BUFFER = 1024  # more than an RSA-4096 block or signature
_PACKED = {"_pack_": 1} if sys.platform == "win32" else {}  # PKCS#11 v3.1 §2.1: cryptoki is packed on Windows only

# Places in CK_FUNCTION_LIST (pkcs11f.h), whose order never changed.
_PLACES: Mapping[str, int] = {
    "C_GetTokenInfo": 6,
    "C_SetPIN": 11,
    "C_CloseAllSessions": 14,
    "C_Login": 18,
    "C_Logout": 19,
    "C_DecryptInit": 33,
    "C_Decrypt": 34,
    "C_SignInit": 42,
    "C_Sign": 43,
}
_FUNCTIONS = 68


def _structure(name: str, *fields: tuple[str, Any]) -> type[ctypes.Structure]:
    return type(name, (ctypes.Structure,), {**_PACKED, "_fields_": fields})


_Version = _structure("CK_VERSION", ("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte))
_FunctionList = _structure("CK_FUNCTION_LIST", ("version", _Version), ("functions", ctypes.c_void_p * _FUNCTIONS))
_Mechanism = _structure(
    "CK_MECHANISM", ("mechanism", ctypes.c_ulong), ("parameter", ctypes.c_void_p), ("length", ctypes.c_ulong)
)
_OaepParameters = _structure(
    "CK_RSA_PKCS_OAEP_PARAMS",
    ("hash_algorithm", ctypes.c_ulong),
    ("mgf", ctypes.c_ulong),
    ("source", ctypes.c_ulong),
    ("source_data", ctypes.c_void_p),
    ("source_data_length", ctypes.c_ulong),
)
_TokenInfo = _structure(
    "CK_TOKEN_INFO",
    ("names", ctypes.c_ubyte * 96),  # label, manufacturer, model, serial number
    ("flags", ctypes.c_ulong),
    ("session_counts", ctypes.c_ulong * 4),
    ("longest_pin", ctypes.c_ulong),
    ("shortest_pin", ctypes.c_ulong),
    ("memory_versions_and_time", ctypes.c_ubyte * 128),
)
_OAEP_NUMBERS = {"sha1": (_CKM_SHA_1, _CKG_MGF1_SHA1), "sha256": (_CKM_SHA256, _CKG_MGF1_SHA256)}


class Cryptoki:
    """The functions of one loaded module. Every call raises a CardError for what it answers."""

    def __init__(self, path: str) -> None:
        """Raises OSError, or AttributeError where the library is no PKCS#11 module."""
        pointer = ctypes.POINTER(_FunctionList)()
        check(ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(pointer)))
        functions: Any = pointer.contents
        kind = ctypes.CFUNCTYPE(ctypes.c_ulong)
        self._calls = {name: kind(functions.functions[place]) for name, place in _PLACES.items()}

    def pin_lengths(self, slot: int) -> tuple[int, int]:
        """The shortest and the longest PIN the token says it may have, in octets."""
        info: Any = _TokenInfo()
        self._call("C_GetTokenInfo", _number(slot), ctypes.byref(info))
        return info.shortest_pin, info.longest_pin

    def login(self, session: int, user: int, pin: bytes | None) -> None:
        """C_Login; None for the reader's own pad."""
        with _wiped(pin) as (octets, length):
            self._call("C_Login", _number(session), _number(user), octets, length)

    def logout(self, session: int) -> None:
        self._call("C_Logout", _number(session))

    def close_all(self, slot: int) -> None:
        """Close every session of ours with the token, which logs out (PKCS#11 v3.1 §5.6.3)."""
        self._call("C_CloseAllSessions", _number(slot))

    def set_pin(self, session: int, old: bytes | None, new: bytes | None) -> None:
        """C_SetPIN; None and None for the reader's own pad."""
        with _wiped(old) as before, _wiped(new) as after:
            self._call("C_SetPIN", _number(session), *before, *after)

    def sign(self, session: int, key: int, mechanism: ctypes.Structure, data: bytes, always: "PinForUse") -> bytes:
        return self._operate("Sign", session, key, mechanism, data, always)

    def decrypt(self, session: int, key: int, mechanism: ctypes.Structure, data: bytes, always: "PinForUse") -> bytes:
        return self._operate("Decrypt", session, key, mechanism, data, always)

    def _operate(
        self, verb: str, session: int, key: int, mechanism: ctypes.Structure, data: bytes, always: "PinForUse"
    ) -> bytes:
        """C_SignInit and C_Sign, or C_DecryptInit and C_Decrypt: one card operation, with a buffer that suffices."""
        self._call(f"C_{verb}Init", _number(session), ctypes.byref(mechanism), _number(key))
        if always is not None:
            self.login(session, CKU_CONTEXT_SPECIFIC, always[0])
        buffer, size = ctypes.create_string_buffer(_BUFFER), _number(_BUFFER)
        self._call(f"C_{verb}", _number(session), data, _number(len(data)), buffer, ctypes.byref(size))
        return buffer.raw[: size.value]

    def _call(self, name: str, *arguments: Any) -> None:
        check(self._calls[name](*arguments), name)


PinForUse = (
    tuple[bytes | None] | None
)  # of a key with CKA_ALWAYS_AUTHENTICATE: its PIN, or (None,) for the reader's pad


def plain_mechanism(number: int) -> ctypes.Structure:
    return _Mechanism(number, None, 0)


def oaep_mechanism(hash_name: str) -> ctypes.Structure:
    """RSAES-OAEP without a label, MGF1 with the same hash (`sha1`, `sha256`)."""
    parameters = _OaepParameters(*_OAEP_NUMBERS[hash_name], _CKZ_DATA_SPECIFIED, None, 0)
    described: Any = _Mechanism(CKM_RSA_PKCS_OAEP, ctypes.addressof(parameters), ctypes.sizeof(parameters))
    described.kept = parameters  # the structure holds only its address
    return described


def _number(value: int) -> Any:
    return ctypes.c_ulong(value)


@contextmanager
def _wiped(pin: bytes | None) -> Iterator[tuple[Any, Any]]:
    """A PIN's octets and their number as C wants them; overwritten at the end. None stays NULL."""
    if pin is None:
        yield None, _number(0)
        return
    octets = ctypes.create_string_buffer(bytes(pin), len(pin))
    try:
        yield octets, _number(len(pin))
    finally:
        ctypes.memset(octets, 0, len(pin))

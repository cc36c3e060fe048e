"""PKCS#11 return values as errors of the card layer. Their names go to the local log, never to a page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pkcs11

from bridge.card.errors import (
    CardError,
    CardFailed,
    CardInUse,
    CardRemoved,
    DecryptionFailed,
    LoginRequired,
    MechanismUnsupported,
    PinCancelled,
    PinIncorrect,
    PinLocked,
    PinRefused,
)

_BY_NUMBER: Mapping[int, type[CardError]] = {
    0x03: CardRemoved,  # SLOT_ID_INVALID: its reader is gone
    0x07: MechanismUnsupported,  # ARGUMENTS_BAD: SoftHSM's answer to OAEP with SHA-256
    0x32: CardRemoved,  # DEVICE_REMOVED
    0x40: DecryptionFailed,  # ENCRYPTED_DATA_INVALID
    0x41: DecryptionFailed,  # ENCRYPTED_DATA_LEN_RANGE
    0x50: PinCancelled,  # FUNCTION_CANCELED: at the reader's own pad
    0x54: MechanismUnsupported,  # FUNCTION_NOT_SUPPORTED
    0x63: MechanismUnsupported,  # KEY_TYPE_INCONSISTENT
    0x68: MechanismUnsupported,  # KEY_FUNCTION_NOT_PERMITTED
    0x70: MechanismUnsupported,  # MECHANISM_INVALID
    0x71: MechanismUnsupported,  # MECHANISM_PARAM_INVALID
    0xA0: PinIncorrect,
    0xA1: PinRefused,  # PIN_INVALID: characters the card does not take
    0xA2: PinRefused,  # PIN_LEN_RANGE
    0xA3: PinRefused,  # PIN_EXPIRED
    0xA4: PinLocked,
    0xB0: CardRemoved,  # SESSION_CLOSED
    0xB3: CardRemoved,  # SESSION_HANDLE_INVALID
    0xE0: CardRemoved,  # TOKEN_NOT_PRESENT
    0xE1: CardRemoved,  # TOKEN_NOT_RECOGNIZED
    0x101: LoginRequired,  # USER_NOT_LOGGED_IN
    0x104: CardInUse,  # USER_ANOTHER_ALREADY_LOGGED_IN
}
_BY_NAME: Mapping[str, int] = {
    "ArgumentsBad": 0x07,
    "DeviceRemoved": 0x32,
    "FunctionCancelled": 0x50,
    "FunctionNotSupported": 0x54,
    "KeyTypeInconsistent": 0x63,
    "MechanismInvalid": 0x70,
    "MechanismParamInvalid": 0x71,
    "PinIncorrect": 0xA0,
    "PinInvalid": 0xA1,
    "PinLenRange": 0xA2,
    "PinLocked": 0xA4,
    "SessionClosed": 0xB0,
    "SlotIDInvalid": 0x03,
    "SessionHandleInvalid": 0xB3,
    "TokenNotPresent": 0xE0,
    "TokenNotRecognised": 0xE1,
    "UserNotLoggedIn": 0x101,
    "UserAnotherAlreadyLoggedIn": 0x104,
}


def check(answer: int, call: str = "") -> None:
    """Raise the CardError of a return value; CKR_OK (0) returns."""
    if answer != 0:
        raise _BY_NUMBER.get(answer, CardFailed)(f"{call} CKR 0x{answer:X}".strip())


@contextmanager
def translated() -> Iterator[None]:
    """Raise what python-pkcs11 raises as a CardError."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        name = type(error).__name__
        raise _BY_NUMBER.get(_BY_NAME.get(name, -1), CardFailed)(name) from None

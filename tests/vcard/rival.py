"""Another program with the card: tries a wrong PIN on a PIV card, and leaves it reset.  `rival.py READER`

Speaks PC/SC by itself. It resets the card when it goes (SCARD_RESET_CARD), which is how OpenSC hears of it: its PIV driver
asks a card for its counter only until it has logged in itself, and afterwards when the card was reset.
"""

import ctypes
import sys

_SELECT = bytes.fromhex("00A4040009A00000030800001000")
_VERIFY_WRONG = bytes.fromhex("0020008008") + b"000000\xff\xff"
_SCOPE_SYSTEM, _SHARE_SHARED, _ANY_PROTOCOL, _RESET_CARD = 2, 2, 3, 1


def main(reader: str) -> int:
    library = ctypes.CDLL("libpcsclite.so.1")
    context, card, protocol = ctypes.c_long(), ctypes.c_long(), ctypes.c_ulong()
    _check(library.SCardEstablishContext(ctypes.c_ulong(_SCOPE_SYSTEM), None, None, ctypes.byref(context)))
    share, any_protocol = ctypes.c_ulong(_SHARE_SHARED), ctypes.c_ulong(_ANY_PROTOCOL)
    opened = (ctypes.byref(card), ctypes.byref(protocol))
    _check(library.SCardConnect(context, reader.encode(), share, any_protocol, *opened))
    _check(library.SCardBeginTransaction(card))
    _send(library, card, protocol, _SELECT)
    status = _send(library, card, protocol, _VERIFY_WRONG)
    _check(library.SCardEndTransaction(card, ctypes.c_ulong(_RESET_CARD)))
    _check(library.SCardDisconnect(card, ctypes.c_ulong(_RESET_CARD)))
    print(status.hex())
    return 0


def _send(library: ctypes.CDLL, card: ctypes.c_long, protocol: ctypes.c_ulong, command: bytes) -> bytes:
    header = (ctypes.c_ulong * 2)(protocol.value, 16)  # SCARD_IO_REQUEST
    answer, size = ctypes.create_string_buffer(258), ctypes.c_ulong(258)
    length = ctypes.c_ulong(len(command))
    _check(library.SCardTransmit(card, header, command, length, None, answer, ctypes.byref(size)))
    return answer.raw[: size.value][-2:]


def _check(answer: int) -> None:
    if answer != 0:
        sys.exit(f"PC/SC {answer & 0xFFFFFFFF:#010x}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

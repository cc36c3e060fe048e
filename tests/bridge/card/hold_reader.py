"""A program of somebody else's that uses a card, until killed: `hold_reader.py READER exclusive|shared|transaction SECONDS`.

It tries for so many seconds to connect.

It calls itself "billing", as the software does that most often holds a health card.
"""

import ctypes
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from bridge.card.winscard import Context, Winscard

PR_SET_NAME = 15
SHARE = {"exclusive": 1, "shared": 2, "transaction": 2}


def main(reader: str, manner: str, seconds: str) -> None:
    ctypes.CDLL(None).prctl(PR_SET_NAME, b"billing", 0, 0, 0)
    library = Winscard()
    with Context(library) as context:
        card, protocol = ctypes.c_long(), ctypes.c_ulong()
        named, share, protocols = reader.encode(), ctypes.c_ulong(SHARE[manner]), ctypes.c_ulong(3)
        end = time.monotonic() + float(seconds)
        arguments = (context._handle, named, share, protocols, ctypes.byref(card), ctypes.byref(protocol))
        while library.call("SCardConnect", *arguments) and time.monotonic() < end:
            time.sleep(0.05)
        if not card.value:
            sys.exit("somebody else holds the card")
        if manner == "transaction":
            library.check("SCardBeginTransaction", card)
        print("held", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:4])

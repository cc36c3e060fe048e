"""`make soak-oracle`: manipulated RSAES-PKCS1-v1_5 RecipientInfos by the hundred thousand through the real vault process.

    python tests/soak/oracle.py [--items 100000] [--timed 5000] [--seed N]

Every answer must have one shape, and none may be the key. Then good and bad blocks are asked in turn, and the times of both are
compared (Welch's t; dudect takes 4.5 as the mark of a difference). Prints JSON; ends with 1 if a shape differs.
"""

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_der_x509_csr

from bridge.vault_client import VaultClient
from tests.bridge.padding import AES_256_CBC, CEK, good, manipulated, recipient_info
from tests.bridge.vaults import running_vault

_AT_ONCE = 64
_TAIL = 0.05  # of the slowest answers are left out on both sides: they tell of this machine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--timed", type=int, default=5_000, help="answers of each kind that are timed")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with running_vault() as vault:
        numbers = make_mailbox(vault)
        shapes, keys = shapes_of(vault, numbers, asked.items, chance)
        times = compare(vault, numbers, asked.timed, chance)
    print(json.dumps({"items": asked.items, "seed": asked.seed, "shapes": shapes, "keysGivenAway": keys, **times}))
    return 0 if len(shapes) == 1 and not keys else 1


def make_mailbox(vault: VaultClient) -> rsa.RSAPublicNumbers:
    made = vault.call("make_keys", handle="m", address="a@b.example", encryption="rsa-3072", signature="p-256")
    vault.call("begin", handle="m")
    key = load_der_x509_csr(made["encryption_request"]).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key.public_numbers()


def answers(vault: VaultClient, blocks: list[bytes]) -> list[bytes]:
    items = [{"recipientInfo": recipient_info(block), "contentAlgorithm": AES_256_CBC} for block in blocks]
    found: list[bytes] = vault.call("unwrap", handle="m", item_class="message", items=items)
    return found


def shapes_of(
    vault: VaultClient, numbers: rsa.RSAPublicNumbers, items: int, chance: random.Random
) -> tuple[list[str], int]:
    """The kinds of answer, and how many held the key. A good block is asked first, so that the key could show."""
    assert answers(vault, [good(numbers)]) == [CEK]
    shapes: set[str] = set()
    keys = 0
    for start in range(0, items, _AT_ONCE):
        found = answers(vault, [manipulated(numbers, chance) for _ in range(min(_AT_ONCE, items - start))])
        shapes |= {f"{len(one)} octets" for one in found}
        keys += found.count(CEK)
    return sorted(shapes), keys


def compare(vault: VaultClient, numbers: rsa.RSAPublicNumbers, each: int, chance: random.Random) -> dict[str, Any]:
    """Milliseconds of good and bad blocks, asked in an order that chance decides."""
    times: dict[bool, list[float]] = {True: [], False: []}
    while min(map(len, times.values())) < each:
        kind = chance.random() < 0.5
        block = good(numbers) if kind else whole_but_bad(numbers, chance)
        began = time.perf_counter()
        answers(vault, [block])
        times[kind].append((time.perf_counter() - began) * 1000)
    kept = {kind: sorted(found)[: round(len(found) * (1 - _TAIL))] for kind, found in times.items()}
    return {
        "goodMilliseconds": round(statistics.median(kept[True]), 4),
        "badMilliseconds": round(statistics.median(kept[False]), 4),
        "welchT": round(welch(kept[True], kept[False]), 2),
    }


def whole_but_bad(numbers: rsa.RSAPublicNumbers, chance: random.Random) -> bytes:
    """A block of the right length: that another is refused at once tells nothing of any key."""
    size = (numbers.n.bit_length() + 7) // 8
    while len(block := manipulated(numbers, chance)) != size:
        pass
    return block


def welch(one: list[float], other: list[float]) -> float:
    """Welch's t of two samples."""
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    return (statistics.fmean(one) - statistics.fmean(other)) / spread**0.5


if __name__ == "__main__":
    sys.exit(main())

"""LMTP messages per second, durable and sealed, against Dovecot's LMTP into maildirs: same sender, same sizes, same box."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dovecot import running_dovecot
from mailboxes import running_lmtpd
from measuring import line, median

NAMES = ("ingest_10k", "ingest_200k")
CONNECTIONS = 10
RUNS = 5
SIZES = {"ingest_10k": (10_240, 1_000), "ingest_200k": (204_800, 200)}


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as folder:
        base = Path(folder)
        base.chmod(0o755)
        with running_dovecot(base / "dovecot") as theirs, running_lmtpd(base / "pli") as (ours, address):
            for figure in sorted(names):
                size, count = SIZES[figure]
                pairs = [(rate(ours, address, size, count), rate(theirs, address, size, count)) for _ in range(RUNS)]
                value, peer = (median([pair[side] for pair in pairs]) for side in (0, 1))
                yield line(figure, value, "messages/s", "dovecot lmtp", peer)


def rate(port: int, address: str, size: int, count: int) -> float:
    begin = time.monotonic()
    command = ["smtp-source", "-L", "-m", count, "-s", CONNECTIONS, "-l", size]
    command += ["-f", "sender@partner.example", "-t", address, f"127.0.0.1:{port}"]
    subprocess.run([str(part) for part in command], check=True)
    return count / (time.monotonic() - begin)

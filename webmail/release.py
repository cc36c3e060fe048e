"""One hash for the whole of the static files: their address changes exactly when one of them does."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def release_hash(root: Path) -> str:
    """SHA-256 over names and contents below `root`, as 16 hex digits; computed once per process."""
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]

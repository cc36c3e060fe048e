"""A short run of `make soak-bridge`."""

import os
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.soak.bridge import soak


@pytest.mark.slow
def test_fifteen_random_sequences_spend_no_try_unasked(sample_pki: SamplePki, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    seed = int.from_bytes(os.urandom(4), "big")
    counts = soak(tmp_path, sample_pki, 15, seed, print)
    assert counts["violations"] == [], counts
    assert counts["answers"].get("ok", 0) > 0, counts
    assert 0 < counts["tries"] <= counts["keystrokes"], counts

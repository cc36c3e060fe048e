"""The policy file: strict, and worthless if somebody else could have written it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.origins import OriginMalformed, Origins, host_is_ours
from bridge.policy import PolicyRefused, load_policy


def write(folder: Path, **changes: Any) -> Path:
    file = folder / "policy.json"
    file.write_text(json.dumps({"origins": ["https://mail.example"], "anchors": [], "state": "state", **changes}))
    return file


def test_a_policy_is_read_relative_to_its_folder(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, limits={"signaturesPerConsent": 5}, softwareCards="cards"))
    assert policy.state == tmp_path / "state"
    assert policy.software_cards == tmp_path / "cards"
    assert (policy.limits.signatures_per_consent, policy.limits.consent_seconds) == (5, 900)


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"origins": ["http://mail.example"]},
        {"origins": ["https://*.example"]},
        {"origins": ["https://mail.example/"]},
        {"prompt": {"kind": "page"}},
        {"prompt": {"kind": "assuan", "pin": "1234"}},
        {"limits": {"forever": 1}},
        {"anchors": [{"file": "missing.pem", "purposes": ["operator"]}]},
        {"anchors": [{"file": "policy.json", "purposes": ["everything"]}]},
    ],
)
def test_a_policy_is_strict(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyRefused):
        load_policy(write(tmp_path, **changes))


def test_a_policy_that_others_may_write_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path)
    file.chmod(0o666)
    with pytest.raises(PolicyRefused, match="writable"):
        load_policy(file)
    file.chmod(0o600)
    tmp_path.chmod(0o777)
    with pytest.raises(PolicyRefused, match="writable"):
        load_policy(file)
    tmp_path.chmod(0o700)


def test_a_prompt_program_that_others_may_write_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "prompt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    file = write(tmp_path, prompt={"kind": "assuan", "program": str(program)})
    command = [sys.executable, "-m", "bridge", "serve", "--policy", str(file)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 2
    assert "writable by others" in done.stderr


def test_origins_are_those_a_browser_can_send() -> None:
    good = ["https://mail.example", "https://mail.example:8443", "http://localhost:8000", "http://alice.localhost:8000"]
    assert all(Origins(good).admits([origin]) for origin in good)
    for bad in (
        "http://127.0.0.1:8000",
        "https://Mail.example",
        "null",
        "http://localhost.evil.example",
        "https://",
        "*",
    ):
        with pytest.raises(OriginMalformed):
            Origins([bad])


def test_hosts_are_exact() -> None:
    assert all(host_is_ours([f"{name}:28610"], 28610) for name in ("127.0.0.1", "localhost", "[::1]"))
    for hosts in (
        [],
        ["127.0.0.1"],
        ["127.0.0.1:28611"],
        ["127.0.0.1:28610"] * 2,
        ["LOCALHOST:28610"],
        ["127.1:28610"],
    ):
        assert not host_is_ours(hosts, 28610)

"""The policy file: strict, and worthless if somebody else could have written it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge import places
from bridge.errors import PolicyRefused
from bridge.origins import OriginMalformed, Origins, host_is_ours
from bridge.policy import find_policy, load_policy


def write(folder: Path, **changes: Any) -> Path:
    file = folder / "policy.json"
    file.write_text(json.dumps({"origins": ["https://mail.example"], "anchors": [], "state": "state", **changes}))
    return file


def test_a_policy_is_read_relative_to_its_folder(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, limits={"signaturesPerConsent": 5}, softwareCards="cards"))
    assert policy.state == tmp_path / "state"
    assert policy.software_cards == tmp_path / "cards"
    assert (policy.limits.signatures_per_consent, policy.limits.consent_seconds) == (5, 900)


STRICT = [
    ({"unknown": 1}, "unknown members: unknown"),
    ({"origins": ["http://mail.example"]}, "http://mail.example is no origin"),
    ({"origins": ["https://*.example"]}, "is no origin"),
    ({"origins": ["https://mail.example/"]}, "without a path"),
    ({"origins": "https://mail.example"}, "origins is no list of texts"),
    ({"origins": [1]}, "origins is no list of texts"),
    ({"operatorDomains": [1]}, "operatorDomains is no list of texts"),
    ({"prompt": {"kind": "page"}}, "unknown prompt kind 'page'"),
    ({"prompt": {"kind": "assuan", "pin": "1234"}}, "a prompt has the members"),
    ({"limits": {"forever": 1}}, "unknown limit forever"),
    ({"limits": {"cardUses": 501}}, "limit cardUses must lie between 0 and 500"),
    ({"limits": {"cardSeconds": 901}}, "limit cardSeconds"),
    ({"limits": {"cardUses": 0}}, "limit cardUses"),
    ({"limits": {"cardUses": True}}, "limit cardUses"),
    ({"limits": {"cardUses": "9"}}, "limit cardUses"),
    ({"ports": [28610]}, "ports must be \\[first, last\\]"),
    ({"ports": [28610, 28600]}, "ports must be"),
    ({"ports": [80, 90]}, "between 1024 and 65535"),
    ({"ports": ["28610", "28612"]}, "ports must be"),
    ({"ports": [28610, 28738]}, "at most 128"),
    ({"state": 7}, "7 is no path"),
    ({"modules": [{"id": "x"}]}, "a module has an id and a path"),
    ({"anchors": [{"file": "missing.pem", "purposes": ["operator"]}]}, "missing.pem: No such file"),
    ({"anchors": [{"file": "policy.json", "purposes": ["everything"]}]}, "an anchor has a file and its purposes"),
]


@pytest.mark.parametrize(("changes", "sentence"), STRICT)
def test_a_policy_is_strict(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    file = write(tmp_path, **changes)
    with pytest.raises(PolicyRefused, match=sentence) as refused:
        load_policy(file)
    assert str(file) in str(refused.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "7"])
def test_what_is_no_policy_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "policy.json"
    file.write_text(content)
    with pytest.raises(PolicyRefused):
        load_policy(file)


def test_a_shared_host_s_policy_serves_every_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/alice")
    shared = write(tmp_path, state="~/.pli", ports=[28610, 28673], rendezvous="meet")
    policy = load_policy(shared)
    assert (policy.state, policy.ports) == (Path("/home/alice/.pli"), range(28610, 28674))
    assert policy.rendezvous == tmp_path / "meet"


def test_modules_are_looked_for_where_a_policy_names_none(tmp_path: Path) -> None:
    assert load_policy(write(tmp_path)).modules is None
    assert load_policy(write(tmp_path, modules=[])).modules == ()


def test_the_installed_policy_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator's before the user's own before the built-in one, which knows no origin."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/ignored")
    system = tmp_path / "etc" / "policy.json"
    monkeypatch.setattr(places, "SYSTEM_POLICY", system)
    assert find_policy() is None
    built_in = load_policy()
    assert not built_in.origins.admits(["https://mail.example"])
    assert (built_in.modules, built_in.prompt.kind) == (None, "pinentry")
    assert built_in.state == tmp_path / ".local/state/pli-bridge"
    own = tmp_path / "config" / "pli-bridge"
    own.mkdir(parents=True)
    assert find_policy() is None
    write(own, origins=["https://own.example"])
    assert load_policy().origins.admits(["https://own.example"])
    system.parent.mkdir()
    write(system.parent, origins=["https://admin.example"])
    assert load_policy().origins.admits(["https://admin.example"])


@pytest.mark.negative(61)
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


def start(policy: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "bridge", "serve", "--policy", str(policy)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stderr


@pytest.mark.negative(61)
def test_a_module_that_others_may_write_is_refused_at_start(tmp_path: Path) -> None:
    library = tmp_path / "module.so"
    library.touch()
    library.chmod(0o646)
    code, said = start(write(tmp_path, modules=[{"id": "m", "path": str(library)}]))
    assert code == 2
    assert f"{library} is writable by others" in said
    assert said.startswith("pli-bridge: ")
    assert "Traceback" not in said


@pytest.mark.negative(61)
def test_a_prompt_program_that_others_may_write_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "prompt"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    code, said = start(write(tmp_path, prompt={"kind": "assuan", "program": str(program)}))
    assert code == 2
    assert f"{program} is writable by others" in said


def test_a_rendezvous_that_others_could_rearrange_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "meet").mkdir(mode=0o700)
    prompt = {"kind": "assuan", "program": "/bin/true"}
    code, said = start(write(tmp_path, rendezvous="meet", prompt=prompt))
    assert code == 2
    assert "must belong to root and be sticky" in said


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

"""OpenSC's settings while the bridge loads it."""

import os
from pathlib import Path

import pytest

from bridge.card.opensc_settings import settings, without_pin_cache

OFF = "use_pin_caching = false;"


def test_the_machine_settings_stay_behind_ours() -> None:
    machine = "app default {\n debug = 3;\n framework pkcs15 { use_pin_caching = true; }\n}\n"
    assert settings(machine).endswith(machine)
    assert settings(machine).index(OFF) < settings(machine).index("true")


def test_a_block_of_the_module_gets_the_setting_first() -> None:
    machine = "app default { }\napp opensc-pkcs11 {\n framework pkcs15 { use_pin_caching = true; }\n pkcs11 { }\n}\n"
    changed = settings(machine)
    assert changed.count("app opensc-pkcs11") == 1
    assert changed.index("app opensc-pkcs11") < changed.index(OFF) < changed.index("true")
    assert "pkcs11 { }" in changed


def test_the_environment_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "opensc.conf"
    given.write_text("app default { debug = 7; }\n")
    monkeypatch.setenv("OPENSC_CONF", str(given))
    with without_pin_cache():
        used = Path(os.environ["OPENSC_CONF"])
        text = used.read_text()
        assert OFF in text
        assert "debug = 7" in text
    assert os.environ["OPENSC_CONF"] == str(given)
    assert not used.exists()


def test_without_any_settings_there_are_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.card.opensc_settings._FILES", ())
    monkeypatch.delenv("OPENSC_CONF", raising=False)
    with without_pin_cache():
        assert OFF in Path(os.environ["OPENSC_CONF"]).read_text()
    assert "OPENSC_CONF" not in os.environ

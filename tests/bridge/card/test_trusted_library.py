"""A library is looked at whenever it is loaded: one that came, or was exchanged, after the bridge began is no exception."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.card.errors import ModuleMissing
from bridge.modules import Module
from tests.bridge.card.conftest import LIBRARY, make_token

SECONDS = 20.0


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    """A module that the policy names and that is not installed yet."""
    for name, value in make_token(tmp_path).environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "lib").mkdir(mode=0o755)
    module = Module("late", "pkcs11", str(tmp_path / "lib" / "late.so"), SECONDS)
    with pytest.raises(ModuleMissing):
        module.cards()
    yield module
    module.stop()


def install(module: Module, mode: int = 0o644) -> Path:
    library = Path(module.argument)
    shutil.copyfile(LIBRARY, library)
    library.chmod(mode)
    return library


def test_a_module_that_is_installed_later_is_found(late: Module) -> None:
    install(late)
    assert [card.label for card in late.cards()] == ["card"]
    assert late.state == "ready"


@pytest.mark.negative(61)
def test_a_module_that_others_could_have_installed_is_not_loaded(late: Module) -> None:
    library = install(late, 0o646)
    for _ in range(2):
        with pytest.raises(ModuleMissing):
            late.cards()
        assert late.state == "missing"
        assert str(library) not in mapped_into(late)
        library.parent.chmod(0o757)
        library.chmod(0o644)
    library.parent.chmod(0o755)
    assert late.cards()
    assert str(library) in mapped_into(late)


@pytest.mark.negative(61)
def test_a_module_that_was_exchanged_is_not_loaded_again(late: Module) -> None:
    library = install(late)
    assert late.cards()
    library.unlink()
    install(late, 0o646)
    late.load_anew()
    with pytest.raises(ModuleMissing):
        late.cards()


def mapped_into(module: Module) -> str:
    """What the worker's process has loaded."""
    assert module.pid is not None
    return Path(f"/proc/{module.pid}/maps").read_text()

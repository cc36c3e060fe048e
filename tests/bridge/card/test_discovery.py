"""Which card modules a bridge finds by itself."""

from collections.abc import Callable
from pathlib import Path, PurePath

import pytest

from bridge.card.discovery import KNOWN, cannot_load, discover, what_this_card_needs, what_to_install
from bridge.errors import PolicyRefused

CPS = {
    "linux": "/opt/santesocial/CPS/lib/libcps3_pkcs11_lux.so",
    "win32": r"C:\Windows\System32\cps3_pkcs11_w64.dll",
    "darwin": "/usr/local/lib/libcps3_pkcs11_osx.dylib",
}
OPENSC = {
    "linux": "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "win32": r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
    "darwin": "/Library/OpenSC/lib/opensc-pkcs11.so",
}


def only(*paths: str) -> Callable[[PurePath], bool]:
    return lambda path: str(path) in paths


def trusted(_path: Path) -> None:
    return


@pytest.mark.parametrize("system", KNOWN)
def test_the_cryptolib_comes_before_opensc(system: str) -> None:
    found = discover(system, only(OPENSC[system], CPS[system]), trusted)
    assert found == (("cryptolib-cps", CPS[system]), ("opensc", OPENSC[system]))


@pytest.mark.parametrize("system", KNOWN)
def test_one_alone_is_enough(system: str) -> None:
    assert discover(system, only(OPENSC[system]), trusted) == (("opensc", OPENSC[system]),)
    assert discover(system, only(), trusted) == ()


def test_a_module_installed_twice_is_taken_once() -> None:
    assert len(discover("linux", lambda path: path.name == "opensc-pkcs11.so", trusted)) == 1


def test_a_system_nobody_knows_has_none() -> None:
    assert discover("plan9", lambda _path: True, trusted) == ()


@pytest.mark.parametrize("system", KNOWN)
def test_every_place_is_a_full_path(system: str) -> None:
    """A bare name would be looked for along the library path, where anybody may put one."""
    assert all(path.is_absolute() for known in KNOWN[system] for path in known.paths(system))


@pytest.mark.negative(61)
def test_a_module_others_could_have_written_is_left_out() -> None:
    def refuse(path: Path) -> None:
        raise PolicyRefused(str(path))

    assert discover("linux", only(OPENSC["linux"]), refuse) == ()


@pytest.mark.parametrize("system", KNOWN)
def test_the_sentence_names_what_to_install(system: str) -> None:
    assert "Cryptolib CPS" in what_to_install(system)
    assert "opensc" in what_to_install(system).lower()
    assert "/opt/x.so" in cannot_load("/opt/x.so")


@pytest.mark.capability("HO9")
def test_a_card_nobody_knows_is_told_the_version_it_needs() -> None:
    assert "Install the Cryptolib CPS" in what_this_card_needs({"opensc": "0.23"})
    for old in ("5.1", "5", "4.9"):
        said = what_this_card_needs({"opensc": "0.23", "cryptolib-cps": old})
        assert "5.2 or later" in said
        assert f"version {old}" in said
    for new in ("5.2", "5.10", "6.0"):
        assert "Cryptolib" not in what_this_card_needs({"cryptolib-cps": new})

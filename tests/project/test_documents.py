"""The documents name files, tests and commands: each of them exists."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bridge", "docs", "packaging", "static", "templates", "tests", "tools", "webmail")
NAMED_FILE = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)")
COMMANDS = {
    re.compile(r"`(?:manage\.py|python manage\.py) ([a-z_]+)"): "webmail/management/commands/{}.py",
    re.compile(r"`pli-bridge ([a-z]+)"): "bridge/commands/{}.py",
}
OF_DJANGO = {"migrate", "check", "shell"}
SETTING = re.compile(r"`(PLI_[A-Z_]+)")


@cache
def sources() -> str:
    """Whatever may read a setting from the environment."""
    code = [file for folder in ("bridge", "webmail", "tests") for file in (ROOT / folder).rglob("*.py")]
    scripts = [file for folder in ("tools", "packaging") for file in (ROOT / folder).iterdir() if file.is_file()]
    return "\n".join(file.read_text("utf-8", "replace") for file in [ROOT / "Makefile", *code, *scripts])


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packaging").glob("*.md")])


@pytest.fixture(params=documents(), ids=lambda file: str(file.relative_to(ROOT)))
def document(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_every_file_and_test_that_is_named_exists(document: Path) -> None:
    missing = []
    for name, test in NAMED_FILE.findall(document.read_text("utf-8")):
        file = ROOT / name
        if not file.exists() or (test and not re.search(rf"def {test}\b", file.read_text("utf-8"))):
            missing.append(f"{name}::{test}")
    assert missing == []


def test_every_module_of_the_architecture_exists() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    files = [
        str(file) for folder in ("bridge", "webmail", "static/js", "tests") for file in (ROOT / folder).rglob("*.[jp]*")
    ]
    named = set(re.findall(r"`([\w./-]+\.(?:py|js))`", text))
    assert [name for name in named if not any(file.endswith(f"/{name}") for file in files)] == []


def test_every_link_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_command_exists(document: Path) -> None:
    text, makefile = document.read_text("utf-8"), (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"`make ([a-z-]+)", text)
    missing = [f"make {name}" for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)]
    for named, file in COMMANDS.items():
        missing += [name for name in set(named.findall(text)) - OF_DJANGO if not (ROOT / file.format(name)).exists()]
    assert missing == []


def test_every_setting_that_is_named_is_read(document: Path) -> None:
    named = set(SETTING.findall(document.read_text("utf-8")))
    assert [name for name in named if name not in sources()] == []

"""The folder of a shared host: a file counts only from the hand of the user it is named after."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from bridge.errors import PolicyRefused
from bridge.rendezvous import Rendezvous
from tests.bridge.other_user import ROOT, run_as, uid_of

PORTS = range(28610, 28650)
OTHER = 54321


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.geteuid() != 0:
        pytest.fail("a rendezvous folder belongs to root: run this test as root")
    made = tmp_path / "rendezvous"
    made.mkdir()
    made.chmod(0o1777)
    return made


def leave(folder: Path, name: str, content: str, owner: int) -> Path:
    file = folder / name
    file.write_text(content)
    os.chown(file, owner, owner)
    return file


def test_a_port_is_published_and_withdrawn(folder: Path) -> None:
    meeting = Rendezvous(folder, PORTS)
    own = str(os.getuid())
    assert meeting.port_of(own) is None
    meeting.publish(28615)
    assert meeting.port_of(own) == 28615
    assert (folder / own).stat().st_mode & 0o777 == 0o644
    meeting.publish(28616)
    assert meeting.port_of(own) == 28616
    meeting.withdraw()
    assert meeting.port_of(own) is None
    meeting.withdraw()


def test_another_user_s_own_word_counts(folder: Path) -> None:
    leave(folder, str(OTHER), '{"port": 28620}', OTHER)
    assert Rendezvous(folder, PORTS).port_of(str(OTHER)) == 28620


@pytest.mark.negative(54)
def test_a_file_of_another_hand_does_not_count(folder: Path) -> None:
    leave(folder, str(OTHER), '{"port": 28620}', OTHER + 1)
    assert Rendezvous(folder, PORTS).port_of(str(OTHER)) is None


TAKEN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from bridge.errors import PolicyRefused
from bridge.rendezvous import Rendezvous
meeting = Rendezvous(Path(sys.argv[1]), range(28610, 28650))
try:
    meeting.publish(28620)
except PolicyRefused as error:
    print(error)
meeting.withdraw()
"""


def test_a_name_that_another_user_took_is_said_and_left_alone() -> None:
    """The sentence is what the person gets, and not how the way out failed."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # the fixture's is below root's own
    try:
        folder.chmod(0o1777)
        taken = leave(folder, str(uid_of()), '{"port": 28630}', OTHER)
        assert "Operation not permitted" in run_as(uid_of(), TAKEN, str(folder), str(ROOT))
        assert taken.read_text() == '{"port": 28630}'
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"port": "28620"}', '{"port": true}', '{"port": 80}', '{"port": 28650}', "{" * 5000]
)
def test_what_is_no_port_of_the_policy_does_not_count(folder: Path, content: str) -> None:
    leave(folder, str(OTHER), content, OTHER)
    assert Rendezvous(folder, PORTS).port_of(str(OTHER)) is None


def test_only_plain_files_count(folder: Path, tmp_path: Path) -> None:
    meeting = Rendezvous(folder, PORTS)
    (tmp_path / "elsewhere").write_text(json.dumps({"port": 28620}))
    (folder / str(OTHER)).symlink_to(tmp_path / "elsewhere")
    assert meeting.port_of(str(OTHER)) is None
    (folder / str(OTHER)).unlink()
    os.mkfifo(folder / str(OTHER))
    os.chown(folder / str(OTHER), OTHER, OTHER)
    assert meeting.port_of(str(OTHER)) is None
    for name in ("", ".", "..", "../elsewhere", "S-1-5-21"):
        assert meeting.port_of(name) is None


def test_a_folder_that_others_could_rearrange_is_refused(folder: Path) -> None:
    folder.chmod(0o777)
    with pytest.raises(PolicyRefused, match="sticky"):
        Rendezvous(folder, PORTS)
    folder.chmod(0o1777)
    os.chown(folder, OTHER, OTHER)
    with pytest.raises(PolicyRefused, match="belong to root"):
        Rendezvous(folder, PORTS)
    with pytest.raises(PolicyRefused, match="No such file"):
        Rendezvous(folder / "absent", PORTS)

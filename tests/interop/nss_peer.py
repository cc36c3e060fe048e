"""NSS, Thunderbird's library, through its `cmsutil`: as Debian ships it, and with the libraries inside Thunderbird."""

import re
from collections.abc import Sequence
from pathlib import Path

from layers import CmsTool
from peer import Commission, Correspondent, PeerRefused, require, run

THUNDERBIRD = Path("/usr/lib/thunderbird")


class Nss(CmsTool):
    """`cmsutil -D` exits 0 on a bad signature: its per-signer status is read."""

    name, program = "NSS", "cmsutil"
    libraries: dict[str, str] = {}

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        super().__init__(work, people)
        self._store = f"sql:{work / 'nss'}"
        fill_database(work / "nss", self.people)
        self._known: set[Path] = set()

    def version(self) -> str:
        library = self.libraries.get("LD_LIBRARY_PATH")
        file = Path(library) / "libnss3.so" if library else next(Path("/usr/lib").glob("*-linux-gnu*/libnss3.so"))
        found = re.search(rb"Version: NSS ([\d.]+)", file.read_bytes())
        return found[1].decode() if found else "unknown"

    def decrypt(self, der: bytes) -> bytes:
        return self._cmsutil("-D", "-i", self.file(der), "-p", "")

    def verify(self, der: bytes, content: bytes | None) -> bytes:
        given = ["-D", "-i", self.file(der), *([] if content is None else ["-c", self.file(content)])]
        said = self._cmsutil(*given, "-h", "1")
        if b"signer0.status=GoodSignature" not in said:
            raise PeerRefused(f"cmsutil: {said.decode(errors='replace')[:400]}")
        return content if content is not None else self._cmsutil(*given)

    def sign(self, entity: bytes, letter: Commission, *, detached: bool) -> bytes:
        kind = ["-T"] if detached else []
        who = ["-N", letter.sender.folder.name, "-H", "SHA256", "-G", "-P", "-Y", letter.sender.folder.name]
        return self._cmsutil("-S", *who, *kind, "-i", self.file(entity))

    def encrypt(self, entity: bytes, letter: Commission) -> bytes:
        self._meet(letter)
        return self._cmsutil("-E", "-r", letter.recipient, "-i", self.file(entity))

    def _meet(self, letter: Commission) -> None:
        """Put the recipient's certificate into the database, as a person does who was sent it."""
        if letter.certificate not in self._known:
            self._known.add(letter.certificate)
            add = ["certutil", "-A", "-d", self._store, "-n", letter.recipient, "-t", ",,", "-a"]
            require(run([*add, "-i", letter.certificate]), "certutil")

    def _cmsutil(self, *arguments: object) -> bytes:
        done = run(["cmsutil", arguments[0], "-d", self._store, *arguments[1:]], environment=self.libraries)
        return require(done, f"cmsutil {arguments[0]}")


class ThunderbirdNss(Nss):
    name = "NSS of Thunderbird"
    libraries = {"LD_LIBRARY_PATH": str(THUNDERBIRD)}


def fill_database(folder: Path, people: Sequence[Correspondent]) -> None:
    """A certificate database without password: the roots trusted, the intermediates known, and each person's key."""
    folder.mkdir(exist_ok=True)
    store = f"sql:{folder}"
    require(run(["certutil", "-N", "-d", store, "--empty-password"]), "certutil")
    for trust, files in (
        ("C,C,C", {r for p in people for r in p.roots}),
        (",,", {f for p in people for f in p.intermediates}),
    ):
        for file in files:
            require(run(["certutil", "-A", "-d", store, "-n", str(file), "-t", trust, "-a", "-i", file]), "certutil")
    for person in people:
        password = ["-W", person.password, "-K", ""]
        require(run(["pk12util", "-i", person.p12, "-d", store, *password]), "pk12util")

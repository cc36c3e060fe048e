"""Which certificates, and with them whose card it is, sites were given in this run: by a consent, or in a login token."""


class Disclosed:
    """Thread-safe: each step is one of a set."""

    def __init__(self) -> None:
        self._certificates: set[tuple[str, bytes]] = set()

    def add(self, origin: str, certificate_sha256: bytes) -> None:
        self._certificates.add((origin, certificate_sha256))

    def knows(self, origin: str, certificate_sha256: bytes) -> bool:
        return (origin, certificate_sha256) in self._certificates

    def forget(self, origin: str) -> None:
        """The person ended the pairing: a site that is paired again asks again."""
        for known in [known for known in self._certificates.copy() if known[0] == origin]:
            self._certificates.discard(known)

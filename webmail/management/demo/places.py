"""Where the demo keeps its things, and on which ports it listens."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "pli.example"
WEB_PORTS = range(8000, 8100)
LMTP_PORTS = range(2400, 2500)
BRIDGE_PORTS = range(28610, 28618)  # docs/PROTOCOL.md


@dataclass(frozen=True)
class Places:
    """Folders below one data folder, and the ports of one run; `bridge_ports` is where pages look for the bridge."""

    data: Path
    web_port: int
    lmtp_port: int
    bridge_ports: range = BRIDGE_PORTS

    @property
    def pki(self) -> Path:
        return self.data / "pki"

    @property
    def server(self) -> Path:
        return self.data / "server"

    @property
    def bridge(self) -> Path:
        return self.data / "bridge"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    def origin(self, name: str) -> str:
        """Each person has an origin, so that several sit side by side in one browser."""
        return f"http://{name}.localhost:{self.web_port}"

    def server_environment(self, names: Iterable[str]) -> dict[str, str]:
        """The settings (webmail/settings.py) of the demo's server processes."""
        origins = [self.origin(name) for name in names] + [f"http://localhost:{self.web_port}"]
        return {
            "PLI_DATA": str(self.server),
            "PLI_DOMAINS": DOMAIN,
            "PLI_ORIGINS": ",".join(origins),
            "PLI_ANCHORS": str(self.pki / "anchors"),
            "PLI_CRLS": str(self.pki / "crls"),
            "PLI_OPERATOR_CA": str(self.pki / "operator-ca"),
            "PLI_BRIDGE_PORTS": f"{self.bridge_ports[0]}-{self.bridge_ports[-1]}",
        }


def find_places(data: Path) -> Places:
    """The first free ports of each range, on loopback."""
    return Places(data, _first_free(WEB_PORTS), _first_free(LMTP_PORTS))


def _first_free(ports: range) -> int:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(
        f"No port is free between {ports.start} and {ports.stop - 1}. Stop what listens there and try again."
    )

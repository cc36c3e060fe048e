"""The sample practice, running: real server, listener, worker and bridge.

The bridge asks `assuan_prompt.py`, which knows the PIN per card serial and writes down each prompt.
"""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.pki.sample_health_pki import CARDS
from tests.manage import managed
from webmail.management.demo import run
from webmail.management.demo.places import Places
from webmail.management.demo.practice import COLLEAGUES, PEOPLE, PRACTITIONERS
from webmail.management.demo.processes import Processes

_BRIDGE_PORTS = 8  # of each practice: the bridge of another would answer in the place of one that was stopped
PROMPT = Path(__file__).parents[1] / "bridge" / "assuan_prompt.py"


@dataclass
class Practice:
    """One running practice; `prompts()` is what people were asked so far."""

    places: Places
    processes: Processes
    bridge_port: int
    prompt_log: Path

    def prompts(self, kind: str) -> list[str]:
        """Descriptions of the prompts of one kind: GETPIN or CONFIRM (of a card's use, not of a pairing)."""
        return [entry["description"] for entry in self._prompted() if entry["verb"] == kind and entry["kind"] != "pair"]

    def paired_digits(self) -> list[str]:
        """The digits the bridge showed so far."""
        return [entry["digits"] for entry in self._prompted() if entry["kind"] == "pair"]

    def _prompted(self) -> list[dict[str, str]]:
        log = self.prompt_log
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []

    def set_card(self, name: str, *, inserted: bool) -> None:
        """Insert or pull a software card, as a hand would."""
        run._describe_card(self.places.pki / "cards" / name, inserted=inserted)

    def rpps(self, name: str) -> str:
        return next(card.rpps_number for card in CARDS if card.name == name)

    def server_environment(self) -> dict[str, str]:
        """What a management command needs to look at this practice's server."""
        return self.places.server_environment([person.name for person in PEOPLE])

    def manage(self, *arguments: str | Path) -> str:
        """What a management command on this practice's server printed; it has to succeed."""
        return managed(self.server_environment(), *arguments)


@contextmanager
def open_practice(data: Path, *, museum: bool = False, shared: bool = False) -> Iterator[Practice]:
    """The practice as `make demo` leaves it after its first start, with a prompt that answers by itself.

    The museum and the shared mailboxes take some seconds to make: whoever visits them says so.
    """
    places = Places(data, free_port(), free_port(), free_ports(_BRIDGE_PORTS))
    with Processes(places.logs) as processes:
        run.prepare(places)
        start = run.start_processes if (data / "practice-open").exists() else run.start_server
        start(processes, places)
        run.open_practice(processes, places, museum=museum, shared=shared)
        prompt, log = prompt_policy(places.bridge)
        run.write_policy(places, "journey", prompt)
        bridge = run.start_bridge(processes, places, "journey")
        yield Practice(places, processes, bridge["port"], log)


def policy_of_another_computer(places: Places, name: str) -> str:
    """The name of a policy like that one, for a bridge that was never here: it has met no browser and remembers no mailbox."""
    policy = json.loads((places.bridge / f"policy-{name}.json").read_text("utf-8"))
    elsewhere = {**policy, "state": str(places.bridge / f"state-beside-{name}")}
    (places.bridge / f"policy-beside-{name}.json").write_text(json.dumps(elsewhere, indent=1), "utf-8")
    return f"beside-{name}"


def free_port() -> int:
    """One the system picks: practices that run side by side neither share a server nor accept each other's origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> range:
    """Neighbouring ports that nobody holds, far from those of the bridges of this computer."""
    while True:
        first = free_port()
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return range(first, first + count)


def prompt_policy(folder: Path) -> tuple[dict[str, object], Path]:
    """A policy's `prompt` that answers by card serial, and the file it writes prompts to."""
    pins, log = folder / "pins.json", folder / "prompts.jsonl"
    pins.write_text(json.dumps({person.card_serial: person.pin for person in (*PRACTITIONERS, *COLLEAGUES)}))
    return {"kind": "assuan", "program": sys.executable, "arguments": [str(PROMPT), str(pins), str(log)]}, log

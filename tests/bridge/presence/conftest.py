"""A bridge whose logind is a stand-in on a bus of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.presence.logind_stand_in import LogindStandIn, private_bus
from tests.bridge.running import RunningBridge, start_bridge, write_policy

SESSION = "c1"


@pytest.fixture
def logind(tmp_path: Path) -> Iterator[LogindStandIn]:
    with private_bus(tmp_path) as address:
        stand_in = LogindStandIn(address, {SESSION: os.getuid()})
        yield stand_in
        stand_in.close()


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path, logind: LogindStandIn) -> Iterator[RunningBridge]:
    policy = write_policy(tmp_path, sample_pki.directory)
    running = start_bridge(policy, environment={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/bus"})
    logind.wait_until_inhibited()
    yield running
    running.stop()

import plistlib

from bridge.install.macos import LaunchAgent, property_list

SERVE = ["/Applications/Pli Bridge.app/Contents/MacOS/pli-bridge", "serve"]


def test_the_agent_starts_at_log_in_and_again_when_it_fails():
    agent = plistlib.loads(property_list(SERVE))
    assert agent["ProgramArguments"] == SERVE
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


def test_the_agent_is_written_to_the_persons_library(tmp_path):
    agent = LaunchAgent(tmp_path)
    assert agent.install(SERVE, []) == [str(tmp_path / "Library" / "LaunchAgents" / "fr.pli.bridge.plist")]
    assert plistlib.loads(agent.file.read_bytes())["Label"] == "fr.pli.bridge"

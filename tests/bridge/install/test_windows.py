from bridge.install.windows import CLASS, RUN, RunKey

SERVE = [r"C:\Users\Zoé Petit\Pli\pli-bridge.exe", "serve"]


class RegistryInMemory:
    """Keys and values as `winreg` keeps them: a key's subkeys go with it."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {(RUN, "Other"): "other.exe"}

    def read(self, key: str, name: str) -> str | None:
        return self.values.get((key, name))

    def write(self, key: str, name: str, value: str) -> None:
        self.values[key, name] = value

    def delete_value(self, key: str, name: str) -> None:
        del self.values[key, name]

    def delete_tree(self, key: str) -> None:
        gone = [one for one in self.values if one[0] == key or one[0].startswith(key + "\\")]
        for one in gone:
            del self.values[one]


def test_the_run_key_and_the_link_hold_quoted_commands():
    registry = RegistryInMemory()
    RunKey(registry).install(SERVE, [SERVE[0], "link"])
    assert registry.read(RUN, "PliBridge") == r'"C:\Users\Zoé Petit\Pli\pli-bridge.exe" serve'
    assert registry.read(CLASS, "URL Protocol") == ""
    assert registry.read(CLASS + r"\shell\open\command", "") == r'"C:\Users\Zoé Petit\Pli\pli-bridge.exe" link "%1"'


def test_uninstall_removes_our_values_and_nothing_else():
    registry = RegistryInMemory()
    RunKey(registry).install(SERVE, [SERVE[0], "link"])
    assert len(RunKey(registry).uninstall()) == 2
    assert registry.values == {(RUN, "Other"): "other.exe"}
    assert RunKey(registry).uninstall() == []

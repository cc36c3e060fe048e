"""What a suite says of one file read by one engine."""

from dataclasses import dataclass, field


@dataclass
class Count:
    """`right` of `total` as their authors say; `left_out` cannot be put to a reader of CMS, and `why` says so."""

    suite: str
    engine: str
    right: int = 0
    total: int = 0
    left_out: int = 0
    why: str = ""
    faults: list[str] = field(default_factory=list)

    def add(self, name: str, *, right: bool, found: object = "") -> None:
        self.total += 1
        if right:
            self.right += 1
        else:
            self.faults.append(f"{name}: {found}" if found != "" else name)

    @property
    def good(self) -> bool:
        """Something was run and nothing was wrong."""
        return self.total > 0 and not self.faults

    def __str__(self) -> str:
        left_out = f"   {self.left_out} left out: {self.why}" if self.left_out else ""
        return f"{'ok  ' if self.good else 'FAIL'}  {self.suite:<44} {self.engine:<9} {self.right:>4}/{self.total}{left_out}"

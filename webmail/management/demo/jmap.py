"""The server's methods, as a page without a browser calls them."""

from typing import Any

from webmail.management.demo.headless_page import HeadlessPage, PageError

_USING = (
    "urn:ietf:params:jmap:core",
    "urn:ietf:params:jmap:mail",
    "urn:ietf:params:jmap:submission",
    "https://pli.example/jmap/keys",
)


class JmapError(PageError):
    """The server refused a call: `kind` is the error's type, `reason` what it says of it."""

    def __init__(self, method: str, error: dict[str, Any]) -> None:
        super().__init__(f"{method}: {error}")
        self.kind, self.reason = str(error.get("type", "")), str(error.get("reason", ""))


class Jmap:
    """Calls for one account, one at a time."""

    def __init__(self, page: HeadlessPage, account_id: str) -> None:
        self.page, self.account_id = page, account_id

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The arguments of the answer. Raises JmapError, for the first object that was refused too."""
        calls = [[method, {"accountId": self.account_id, **arguments}, "0"]]
        [[name, answer, _]] = self.page.post("/jmap/api", {"using": _USING, "methodCalls": calls})["methodResponses"]
        if name == "error":
            raise JmapError(method, answer)
        for refused in ("notCreated", "notUpdated", "notDestroyed"):
            for error in (answer.get(refused) or {}).values():
                raise JmapError(method, error)
        return dict(answer)

    def upload(self, data: bytes) -> str:
        return str(self.page.upload(f"/jmap/upload/{self.account_id}", data)["blobId"])

    def download(self, blob_id: str) -> bytes:
        return self.page.get(f"/jmap/download/{self.account_id}/{blob_id}")

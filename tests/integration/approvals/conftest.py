"""A desk (see `tests.integration.content.conftest`) whose posts have to be approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from clientnest.workspaces import WorkspaceRole
from tests.integration.api.operations import colleague, headers_of
from tests.integration.content.conftest import Desk, client, desk, seen

__all__ = ["client", "desk"]
LATER = "2027-03-01T09:00"


@dataclass
class Office:
    """A desk with policies, and people known by name."""

    desk: Desk
    named: dict[str, UUID]

    def hire(self, name: str, role: WorkspaceRole = WorkspaceRole.APPROVER) -> UUID:
        """Somebody new, known by that name."""
        self.named[name] = colleague(self.desk.workspace_id, role)
        return self.named[name]

    def __call__(self, method: str, path: str, body: Any = None, *, by: str, **headers: str) -> httpx.Response:
        """Send a request as somebody who was hired."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.desk.client.request(
            method, f"/v1/workspaces/{self.desk.workspace_id}{path}", json=body,
            headers={**headers_of(self.named[by]), **sent},
        )  # fmt: skip

    def policy(self, mode: str, *levels: Mapping[str, Any], **scope: str) -> dict[str, Any]:
        """A policy, by an admin."""
        return seen(
            self.desk("POST", "/approval-policies", {"mode": mode, "levels": list(levels), **scope}, by="admin")
        )

    def submit(self, post: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return seen(self.desk("POST", f"/posts/{post['id']}/submit", more, If_Match="*"))

    def decide(self, post: Mapping[str, Any], by: str, *, changes: str = "", **more: Any) -> httpx.Response:
        """Approve, or ask for changes in these words."""
        what, body = ("request-changes", {"comment": changes}) if changes else ("approve", {})
        return self("POST", f"/posts/{post['id']}/{what}", {**body, **more}, by=by, If_Match="*")

    def rounds(self, post: Mapping[str, Any], by: str = "editor") -> list[dict[str, Any]]:
        """The rounds of a post, the latest first."""
        found: list[dict[str, Any]] = seen(self.desk("GET", f"/posts/{post['id']}/reviews", by=by))["items"]
        return found

    def states(self, post: Mapping[str, Any]) -> Sequence[str]:
        """The states of its variants, in the order it was written in."""
        return [one["state"] for one in seen(self.desk("GET", f"/posts/{post['id']}"))["variants"]]

    def edit(self, post: Mapping[str, Any], text: str, network: str = "bluesky") -> dict[str, Any]:
        variants = [{"account_id": str(self.desk.accounts[network]), "text": text}]
        return seen(self.desk("PATCH", f"/posts/{post['id']}", {"variants": variants}, If_Match="*"))


def by(*people: UUID, roles: Sequence[str] = (), client_by_link: bool = False) -> dict[str, Any]:
    """A level."""
    return {"people": [str(one) for one in people], "roles": list(roles), "client_by_link": client_by_link}


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk, {})

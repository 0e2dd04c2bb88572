"""What surrounds every page: the workspace, the heading, the demo badge, signing out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import streamlit as st

from clientnest.identity import AccessToken
from clientnest.workspaces import Membership, Permission, Workspace
from clientnest.workspaces.permissions import allows
from dashboards import session
from dashboards.components.formats import escape
from dashboards.data import check, name_of


@dataclass(frozen=True, slots=True)
class View:
    """Whose eyes a page is drawn for, and how they proved who they are."""

    membership: Membership
    proof: AccessToken

    def may(self, permission: Permission) -> bool:
        """Whether they are allowed something in the workspace."""
        role = self.membership.role
        return role is not None and allows(role, permission)

    def check(self, permission: Permission) -> None:
        """Ask anew whether they are: for what runs after the page was drawn. A `ClientNestError` where they are not."""
        check(self.proof, self.workspace_id, permission)

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def workspace_id(self) -> UUID:
        return self.membership.workspace.id


def choose_workspace(memberships: Sequence[Membership]) -> Membership:
    """The workspace named in the address, else the first; people with several get a switch."""
    count = Counter(membership.workspace.name for membership in memberships)
    by_name = {
        one.workspace.name if count[one.workspace.name] == 1 else f"{one.workspace.name} ({one.workspace.slug})": one
        for one in memberships
    }
    with st.sidebar:
        if len(memberships) == 1:
            st.html(f'<p class="cn-note">Workspace<br><strong>{escape(memberships[0].workspace.name)}</strong></p>')
            return memberships[0]
        name = st.selectbox(
            "Workspace", list(by_name), key="workspace", bind="query-params", persist_state="session",
            help="Each brand or client has a workspace of its own. Nothing is shared between them.",
        )  # fmt: skip
    return by_name.get(name, memberships[0])


def heading(view: View, title: str, note: str = "") -> None:
    """The page's title, and in demo workspaces what kind of data this is."""
    st.title(title, anchor=False)
    badge = '<span class="cn-demo" role="note">Generated demo data</span> ' if view.workspace.is_demo else ""
    place = f"<strong>{escape(view.workspace.name)}</strong>"
    st.html(f'<p class="cn-note">{badge}{place}{" · " + note if note else ""}</p>')


def section(title: str, note: str = "") -> None:
    """A part of a page, with a sentence on how to read it."""
    st.subheader(title, anchor=False)
    if note:
        st.html(f'<p class="cn-note">{escape(note)}</p>')


def sign_out_button(view: View) -> None:
    """At the foot of the sidebar."""
    with st.sidebar:
        st.space("small")
        st.html(f'<p class="cn-note">Signed in as <strong>{escape(name_of(view.proof.person_id))}</strong></p>')
        if st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign-out"):
            session.finish()
            st.rerun()

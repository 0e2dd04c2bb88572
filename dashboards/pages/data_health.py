"""Import and data health: what was captured, what is missing, what is odd; and handing in files."""

from uuid import UUID

import streamlit as st

from clientnest.warehouse.serve import Account
from dashboards import data
from dashboards.components import exports, formats, health_tables, import_panel, states
from dashboards.components.filters import account_name
from dashboards.components.frame import View, heading, section


def render(view: View) -> None:
    """Draw the page."""
    accounts = {account.account_id: account for account in data.accounts(view.workspace_id)}
    heading(view, "Import and data health", f"times in {view.workspace.timezone}")
    if not accounts and view.workspace.is_demo:
        states.no_data(view.workspace)
    section("Import", "Files that your networks hand out. The same file twice changes nothing.")
    import_panel.upload(view)
    section("Imports")
    import_panel.listing(view)
    if accounts:
        _health(view, accounts)


def _health(view: View, accounts: dict[UUID, Account]) -> None:
    found = data.data_health(view.workspace_id)
    section("Where the numbers come from")
    health_tables.sources(found, accounts, view.workspace.timezone)
    section(
        "Which metrics are known",
        "Filled: known, the stronger the more posts have it. Orange frame: the network reports it, but no capture "
        "holds it. Dot: not reported by this network.",
    )
    health_tables.coverage(found, accounts)
    rows = health_tables.coverage_rows(found, accounts)
    exports.button("Coverage as CSV", rows, "metric-coverage.csv")
    _followers(list(accounts.values()))


def _followers(accounts: list[Account]) -> None:
    silent = [account for account in accounts if account.followers is None]
    if silent:
        names = ", ".join(account_name(account) for account in silent)
        st.caption(f"{formats.MISSING} Followers are not known for {names}: exports of posts do not hold them.")

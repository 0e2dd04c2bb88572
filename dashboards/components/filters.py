"""Period and accounts, kept in the address so that a link shows the same thing to the next person."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import streamlit as st

from clientnest.warehouse.serve import Account, Period
from dashboards.components import formats
from dashboards.components.frame import View
from dashboards.data import latest_period

_PERIODS = {"7-days": 7, "28-days": 28, "90-days": 90}
_CUSTOM = "dates"
_LABELS = {"7-days": "7 days", "28-days": "28 days", "90-days": "90 days", _CUSTOM: "Dates"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page is about. `accounts`: those chosen, in order; `account_ids` is empty where that is all of them."""

    period: Period
    accounts: tuple[Account, ...]
    account_ids: tuple[UUID, ...]

    @property
    def comparison(self) -> str:
        """The period and what it is compared with, in words."""
        before = self.period.before()
        days = formats.plural(self.period.days, "day")
        compared = f", compared with the {days} before ({formats.period(before)})" if before else ""
        return f"{formats.period(self.period)}{compared}"


def account_name(account: Account) -> str:
    """How an account is named for people."""
    return f"{account.display_name} · {account.network_label}"


def by_name(accounts: tuple[Account, ...]) -> dict[str, Account]:
    """Accounts by the name they are chosen by, in the address too; namesakes carry their handle as well."""
    count = Counter(map(account_name, accounts))
    return {
        account_name(account) + (f" ({account.external_id})" if count[account_name(account)] > 1 else ""): account
        for account in accounts
    }


def choose(view: View, accounts: tuple[Account, ...]) -> Choice:
    """Draw the filters in one row and give what was chosen."""
    with st.container(horizontal=True, vertical_alignment="top", gap="medium", key="filters"):
        kind = st.segmented_control(
            "Period", list(_LABELS), default="28-days", required=True, format_func=_LABELS.__getitem__, key="period",
            bind="query-params", persist_state="session",
        )  # fmt: skip
        period = _custom(view) if kind == _CUSTOM else latest_period(view.workspace_id, _PERIODS[kind or "28-days"])
        named = by_name(accounts)
        chosen = st.multiselect(
            "Accounts", list(named), key="account", placeholder="All accounts", bind="query-params",
            persist_state="session",
        )  # fmt: skip
    picked = tuple(named[name] for name in chosen if name in named)
    return Choice(period, picked or accounts, tuple(account.account_id for account in picked))


def choose_account(accounts: tuple[Account, ...]) -> Account:
    """One account, for pages that are about one."""
    named = by_name(accounts)
    name = st.selectbox("Account", list(named), key="of", bind="query-params", persist_state="session")
    return named[name]


def _custom(view: View) -> Period:
    standard = latest_period(view.workspace_id, 28)
    chosen = st.date_input(
        "From and to", (standard.first, standard.last), format="YYYY-MM-DD", key="dates", bind="query-params",
        persist_state="session", max_value=date.today() + timedelta(days=366), width=250,  # noqa: DTZ011
    )  # fmt: skip
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    return Period(days[0], days[-1]) if days else standard

"""How often somebody may try to sign in: guessing gets nowhere, and nobody is locked out by the guesses of others.

A try counts for this account from this place (a network, as `network_of` has it), for the place, and for the account
from everywhere. Only the first holds where the account was used from that place before. So whoever guesses, from one
place or from many, does not keep the owner from signing in where they always do, nor colleagues behind one address.
What a crowd can do is to keep the owner from signing in with the password at a place that is new, for a day at most;
sessions go on there, and a passkey, another provider or a new password by letter let them in.

That a place is known shows only to who asks from that place, once the tries of all others are used up.
"""

from dataclasses import dataclass
from typing import Self

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import sessions
from clientnest.identity.sessions import Client
from clientnest.limits import Throttle, TooManyRequests, forget, forgive, network_of, throttle


@dataclass(frozen=True, slots=True)
class Try:
    """A try on an e-mail address, whether anybody has a login with it or not; `network` may be any other place. `what`:
    what is tried, where it is not signing in (`letter:`, to have one sent there)."""

    email: str
    network: str
    what: str = ""

    @classmethod
    def by(cls, email: str, client: Client, what: str = "") -> Self:
        return cls(email.strip().lower(), network_of(client.address or ""), what)

    def count(self) -> None:
        """`TooManyRequests` before the try, where there were too many. Takes connections of its own."""
        throttle(Throttle.PLACE, self._account_at_place)
        try:
            throttle(Throttle.ADDRESS, self._place)
            throttle(Throttle.EVERYWHERE, self._account)
        except TooManyRequests:
            with session.tenant(Role.IDENTITY) as connection:
                if not sessions.used_from(connection, self.email, self.network):
                    raise

    def succeeded(self) -> None:
        """Give it back."""
        forgive(Throttle.PLACE, self._account_at_place)
        forgive(Throttle.EVERYWHERE, self._account)
        forgive(Throttle.ADDRESS, self._place)

    def proved(self) -> None:
        """Begin anew for an account whose owner has proved it without guessing anything, by a letter."""
        forget(Throttle.PLACE, self._account_at_place)
        forget(Throttle.EVERYWHERE, self._account)

    @property
    def _place(self) -> str:
        return f"{self.what}{self.network}"

    @property
    def _account(self) -> str:
        return f"{self.what}{self.email}"

    @property
    def _account_at_place(self) -> str:
        return f"{self._account}\0{self.network}"

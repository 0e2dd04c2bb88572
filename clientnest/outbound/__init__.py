"""Requests to addresses that people gave us: they reach the internet, and nothing that stands beside us.

Whatever fetches from, or sends to, an address that is not one of ours and not a network's own goes through here. The
name is resolved here, every address it leads to has to be a public one, and the connection goes to exactly the address
that was looked at. What an operator permits besides is `CLIENTNEST_OUTBOUND_ALLOWED`.
"""

from clientnest.outbound.addresses import Allowed, IPAddress, is_public
from clientnest.outbound.client import LONGEST_PAUSE_SECONDS, Answer, Unreachable, retry_after, send
from clientnest.outbound.destination import LONGEST_URL, Destination, Refused, admit, destination

__all__ = [
    "LONGEST_PAUSE_SECONDS", "LONGEST_URL", "Allowed", "Answer", "Destination", "IPAddress", "Refused", "Unreachable",
    "admit", "destination", "is_public", "retry_after", "send",
]  # fmt: skip

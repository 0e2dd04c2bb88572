"""Letters to people: written in the transaction that has the reason, sealed, sent by the worker, and then forgotten.

Without a mail server (CLIENTNEST_SMTP_URL) they stay in the outbox, which the operator can read.
"""

from clientnest.mail.letters import Letter
from clientnest.mail.outbox import Waiting, outbox, send
from clientnest.mail.smtp import configured

__all__ = ["Letter", "Waiting", "configured", "outbox", "send"]

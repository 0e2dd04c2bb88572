"""Handing a letter to the mail server of CLIENTNEST_SMTP_URL (smtp://, smtps://)."""

import smtplib
import ssl
from contextlib import suppress
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from uuid import UUID

from clientnest import settings
from clientnest.errors import ConfigurationError, PermanentError, TransientError

_TIMEOUT = 20
_LONG_LINES = policy.default.clone(max_line_length=998)  # a long address in a header is not taken apart
_FORM = "Give it the form smtp://USER:PASSWORD@HOST:587, or smtps:// for TLS from the start."


def configured() -> bool:
    """Whether this installation has a mail server."""
    return settings.mail().smtp_url is not None


def hand_over(mail_id: UUID, recipient: str, subject: str, text: str, *, unsubscribe: str | None = None) -> None:
    """Give one letter to the server. `TransientError` where trying again may help, `PermanentError` where it will not;
    both carry the server's own words. Twice the same letter has the same Message-ID."""
    message = EmailMessage()
    sender = settings.mail().mail_from
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{mail_id}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    message.policy = _LONG_LINES  # of the headers alone: the body has its lines by now
    try:
        with _server() as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(code, said) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TransientError(f"The mail server does not answer: {error}") from error


def _server() -> smtplib.SMTP:
    given = settings.mail().smtp_url
    parts = urlsplit(given.get_secret_value() if given else "")
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ConfigurationError("CLIENTNEST_SMTP_URL is no mail server's address.", advice=_FORM)
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, parts.port or 465, timeout=_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 587, timeout=_TIMEOUT)
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=context)
        elif not _is_here(parts.hostname):
            server.close()
            raise PermanentError(
                f"The mail server {parts.hostname} offers no encryption; letters with links in them are not sent so.",
                advice="Use a server that speaks STARTTLS, or smtps://.",
            )
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _refused(code: int, said: bytes | str) -> TransientError | PermanentError:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = f"The mail server refused the letter: {code} {words}"
    return PermanentError(text) if 500 <= code < 600 else TransientError(text)

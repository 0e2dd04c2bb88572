"""A real mail server (aiosmtpd) that keeps what it is given."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.services.processes import free_port


@dataclass
class MailServer:
    """`received`: the letters in the order in which they came. `refusals`: what to answer to the next ones."""

    url: str
    received: list[EmailMessage] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)  # not set: no letter is answered
    busy: threading.Event = field(default_factory=threading.Event)  # set once a letter is being handed over

    def __post_init__(self) -> None:
        self.hold.set()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its interface
        self.busy.set()
        while not self.hold.is_set():
            await asyncio.sleep(0.05)
        if self.refusals:
            return self.refusals.pop(0)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.received.append(letter)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """The letters to an address, the newest first."""
        return [letter for letter in reversed(self.received) if letter["To"] == address]


@contextmanager
def running() -> Iterator[MailServer]:
    """The server, on a free port of this machine."""
    port = free_port()
    server = MailServer(f"smtp://127.0.0.1:{port}")
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop(no_assert=True)

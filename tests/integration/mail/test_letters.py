"""Letters: sent after the commit by the worker through a real mail server, kept where there is none, then forgotten."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.mail import Letter, outbox, send
from tests.services import smtp
from tests.services.processes import drain


@pytest.fixture
def post_office(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[smtp.MailServer]:
    with smtp.running() as running:
        monkeypatch.setenv("CLIENTNEST_SMTP_URL", running.url)
        monkeypatch.setenv("CLIENTNEST_MAIL_FROM", "Acme <hello@acme.example>")
        settings.forget()
        yield running
    settings.forget()


def write(address: str, link: str = "https://example.org/x") -> None:
    with session.tenant(Role.IDENTITY) as connection:
        send(connection, Letter.RESET_PASSWORD, address, link=link, hours=1)


def kept(address: str) -> list[tuple[object, ...]]:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT sent_at IS NOT NULL, sealed_body IS NOT NULL, problem FROM app.mail WHERE recipient = %s",
            (address,),
        )
        return cursor.fetchall()


def test_a_letter_leaves_once_and_its_words_are_forgotten(post_office: smtp.MailServer) -> None:
    write("ada@example.org")
    assert post_office.received == []
    drain()
    drain()
    (letter,) = post_office.to("ada@example.org")
    assert letter["From"] == "Acme <hello@acme.example>"
    assert "https://example.org/x" in letter.get_content()
    assert kept("ada@example.org") == [(True, False, None)]


def test_no_letter_without_a_commit(post_office: smtp.MailServer) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        send(connection, Letter.RESET_PASSWORD, "never@example.org", link="x", hours=1)
        connection.rollback()
    drain()
    assert post_office.to("never@example.org") == []
    assert kept("never@example.org") == []


def test_a_letter_refused_for_now_is_tried_again_and_one_refused_for_good_is_not(post_office: smtp.MailServer) -> None:
    post_office.refusals = ["451 busy, come back"]
    write("later@example.org")
    drain()
    assert kept("later@example.org") == [(False, True, None)]
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE queue.procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    drain()
    assert len(post_office.to("later@example.org")) == 1
    post_office.refusals = ["550 no such box"]
    write("gone@example.org")
    drain()
    ((sent, words, problem),) = kept("gone@example.org")
    assert (sent, words) == (False, True)
    assert "550 no such box" in str(problem)


def test_without_a_mail_server_the_operator_reads_the_letter_in_the_outbox(database: str) -> None:
    write("nobody@example.org", link="https://example.org/reset#token=abc")
    drain()
    with session.tenant(Role.IDENTITY) as connection:
        (letter,) = [one for one in outbox(connection) if one.recipient == "nobody@example.org"]
    assert "https://example.org/reset#token=abc" in letter.text


def test_names_cannot_add_headers_or_paragraphs(post_office: smtp.MailServer) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        send(connection, Letter.INVITATION, "grace@example.org", workspace="Acme\r\nBcc: all@example.org\n\nPay here",
             inviter="Eve\x00", role="editor", link="https://example.org", days=14)  # fmt: skip
    drain()
    (letter,) = post_office.to("grace@example.org")
    assert letter["Bcc"] is None
    assert "\n\nPay here" not in letter.get_content()


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS, Role.ETL])
def test_nobody_but_the_worker_and_signing_in_reads_letters_or_the_queue(
    post_office: smtp.MailServer, role: Role
) -> None:
    write("secret@example.org")
    for table in ("app.mail", "queue.procrastinate_jobs"):
        with pytest.raises(Exception, match="permission denied"), session.tenant(role) as connection:
            connection.execute(text(f"SELECT * FROM {table}"))

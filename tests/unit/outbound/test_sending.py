"""Requests that leave the house, to real servers: where they go, how long they take, what is read of the answer."""

import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clientnest.outbound import Allowed, IPAddress, Refused, Unreachable, send
from clientnest.outbound.client import retry_after
from tests.services import receiver
from tests.services.processes import free_port
from tests.services.receiver import Receiver

NAME = "receiver.example"
HERE = Allowed.of(["127.0.0.1"])


class Names:
    """A resolver of the test's own: gives one answer after the other, and the last for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, seconds: float) -> Sequence[IPAddress]:
        assert host == NAME
        self.asked += 1
        return [ip_address(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])]


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver.running() as running:
        yield running


def test_the_connection_goes_to_the_address_that_was_looked_at(server: Receiver) -> None:
    """A name that changes its address between the look and the connection (DNS rebinding) gains nothing by it."""
    with receiver.running("127.0.0.2", port=server.port) as inner:
        names = Names("127.0.0.1", "127.0.0.2")
        answer = send("POST", f"http://{NAME}:{server.port}/x", body=b"1", allowed=HERE, resolve=names)
        assert (answer.status, names.asked) == (204, 1)
        assert [one.headers["host"] for one in server.received] == [f"{NAME}:{server.port}"]
        with pytest.raises(Refused):
            send("POST", f"http://{NAME}:{server.port}/x", body=b"2", allowed=HERE, resolve=names)
        assert len(server.received) == 1
        assert inner.received == []


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.2:{port}/inner"])
def test_a_redirect_is_an_answer_and_is_not_followed(server: Receiver, to: str) -> None:
    with receiver.running("127.0.0.2", port=server.port) as inner:
        server.answers = [(307, {"location": to.format(port=server.port)}, b"")]
        answer = send("POST", f"{server.url}/x", body=b"1", allowed=Allowed.of(["127.0.0.0/8"]))
        assert answer.status == 307
        assert answer.headers["location"].startswith("http://")
        assert inner.received == []


def test_an_inner_address_is_not_even_connected_to(server: Receiver) -> None:
    with pytest.raises(Refused):
        send("POST", f"https://127.0.0.1:{server.port}/x", allowed=Allowed())
    with pytest.raises(Refused):
        send("POST", f"https://{NAME}:{server.port}/x", allowed=Allowed(), resolve=Names("127.0.0.1"))
    assert not server.busy.is_set()


def test_proxies_of_the_environment_and_cookies_are_left_alone(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    server.answers = [(200, {"set-cookie": "a=b"}, b""), 200]
    for _ in range(2):
        assert send("GET", f"{server.url}/x", allowed=HERE).status == 200
    assert all("cookie" not in one.headers for one in server.received)


def test_of_a_long_answer_only_the_beginning_is_read(server: Receiver) -> None:
    server.answers = [(200, {}, b"x" * 10_000_000), (200, {}, b"x" * 500)]
    long, short = (send("GET", f"{server.url}/x", allowed=HERE, most_bytes=1000) for _ in range(2))
    assert (len(long.body), long.whole) == (1000, False)
    assert (len(short.body), short.whole) == (500, True)


def test_the_time_limit_is_for_all_of_the_exchange(server: Receiver) -> None:
    server.answers, server.drip = [(200, {}, b"x" * 1000)], 0.1
    begun = time.monotonic()
    answer = send("GET", f"{server.url}/x", allowed=HERE, seconds=1)
    assert time.monotonic() - begun < 3
    assert (answer.status, answer.whole) == (200, False)
    server.hold.clear()
    with pytest.raises(Unreachable, match=r"did not answer within 0\.5 seconds"):
        send("GET", f"{server.url}/x", allowed=HERE, seconds=0.5)


def test_what_went_wrong_is_said_in_words(server: Receiver) -> None:
    server.answers = [None]
    with pytest.raises(Unreachable, match="broke before there was an answer"):
        send("GET", f"{server.url}/x", allowed=HERE)
    with pytest.raises(Unreachable, match="does not take connections on port"):
        send("GET", f"http://127.0.0.1:{free_port()}/x", allowed=HERE)
    with pytest.raises(Unreachable, match="does not speak TLS"):
        send("GET", f"https://127.0.0.1:{server.port}/x", allowed=HERE)
    with pytest.raises(Unreachable, match=r"No address is known for nowhere\.invalid"):
        send("GET", "https://nowhere.invalid/")


def test_certificates_are_checked_against_the_name_that_was_given(tmp_path: Path) -> None:
    trusted, of_server = _certificate(tmp_path)
    with receiver.running(tls=of_server) as server:

        def ask(name: str) -> int:
            address = f"https://{name}:{server.port}/x"
            return send("GET", address, allowed=HERE, resolve=lambda *_: [ip_address("127.0.0.1")], tls=trusted).status

        assert ask(NAME) == 204
        with pytest.raises(Unreachable, match=r"certificate of other\.example cannot be trusted"):
            ask("other.example")
        with pytest.raises(Unreachable, match="cannot be trusted"):
            send("GET", f"https://{NAME}:{server.port}/x", allowed=HERE, resolve=Names("127.0.0.1"))
        assert [one.headers["host"] for one in server.received] == [f"{NAME}:{server.port}"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("-5", 0), ("1e9", 86400), ("inf", 86400), ("nan", 86400), ("soon", None), (None, None)],
)
def test_retry_after_in_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    at = datetime.now(UTC) + timedelta(seconds=100)
    assert 97 < (retry_after(at.strftime("%a, %d %b %Y %H:%M:%S GMT")) or 0) <= 100
    assert retry_after("Fri, 31 Dec 1999 23:59:59 GMT") == 0


def _certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What trusts a certificate made for `NAME`, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    of_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    of_server.load_cert_chain(file)
    return ssl.create_default_context(cafile=str(file)), of_server

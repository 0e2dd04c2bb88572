"""Ports: a default that is taken moves on and says so; one that a person chose does not."""

import os
import socket
from collections.abc import Iterator

import pytest

from clientnest.errors import Conflict
from clientnest.stack.ports import Wish, choose, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this test's process listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_default_gives_way_to_the_next_free_port_and_says_by_whom_it_is_taken(taken: int) -> None:
    said: list[str] = []
    chosen = choose([Wish("api", "the API", taken, explicit=False)], said.append)
    assert chosen["api"] > taken
    assert is_free(chosen["api"])
    (sentence,) = said
    for part in (f"Port {taken}", f"process {os.getpid()}", str(chosen["api"]), "--api-port", "CLIENTNEST_API_PORT"):
        assert part in sentence


def test_a_taken_port_that_a_person_chose_is_refused_with_the_ways_to_choose_another(taken: int) -> None:
    with pytest.raises(Conflict, match=f"Port {taken} is in use by .*; MLflow cannot listen there") as refused:
        choose([Wish("mlflow", "MLflow", taken, explicit=True)], print)
    assert "--mlflow-port" in refused.value.advice
    assert "CLIENTNEST_MLFLOW_PORT" in refused.value.advice


def test_no_two_services_get_the_same_port_nor_one_that_another_wishes_for(taken: int) -> None:
    wishes = [Wish("api", "the API", taken, explicit=False), Wish("dagster", "Dagster", taken + 1, explicit=False)]
    chosen = choose(wishes, lambda _: None)
    assert chosen["dagster"] == taken + 1
    assert chosen["api"] not in {taken, taken + 1}


def test_a_connection_that_was_closed_does_not_hold_its_port(taken: int) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as every web server does
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # closed first on the server's side: the kernel keeps it in TIME_WAIT
        client.close()
    assert is_free(port)

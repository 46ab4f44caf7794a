"""The listening socket."""

from __future__ import annotations

import socket

import pytest

from handsum.errors import ServiceError
from handsum.service.server import address_of, bind


def test_answers_are_sent_at_once() -> None:
    # asyncio switches Nagle's algorithm off only for sockets that say they are TCP; with it on, an
    # answer of two writes waits 40 ms for the other side.
    with bind("127.0.0.1", 0) as made:
        assert made.proto == socket.IPPROTO_TCP
        assert address_of(made).startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_told() -> None:
    with bind("127.0.0.1", 0) as made:
        made.listen()
        with pytest.raises(ServiceError, match=str(made.getsockname()[1])):
            bind("127.0.0.1", made.getsockname()[1])

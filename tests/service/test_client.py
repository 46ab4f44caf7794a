"""The Python client against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handsum.client import Client
from handsum.errors import HandsumError, ServiceError
from serving import Running


@pytest.fixture
def handsum_client(server: Running) -> Iterator[Client]:
    """A client of the shared server."""
    with Client(server.address) as made:
        yield made


def test_one_picture_and_many(handsum_client: Client, digits: list[Path]) -> None:
    assert handsum_client.read(digits[3], "digit")[0]["text"] == "3"
    assert handsum_client.read(digits[3].read_bytes(), "digit", top=1)[0]["candidates"][1:] == []
    found = handsum_client.read([digits[3], digits[5].read_bytes()], "digit")
    assert [one["text"] for one in found] == ["3", "5"]
    assert found[0]["source"] == digits[3].name


def test_problems_come_back_as_errors(handsum_client: Client) -> None:
    with pytest.raises(HandsumError) as caught:
        handsum_client.read(b"no picture")
    assert (caught.value.code, caught.value.http_status) == ("image_format", 415)
    assert caught.value.remedy
    with pytest.raises(HandsumError, match="without a pile"):
        handsum_client.piles()


def test_health(handsum_client: Client) -> None:
    assert handsum_client.health()["status"] == "ok"


def test_nobody_there_is_said_so() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServiceError, match="reached"):
        client.read(b"x")

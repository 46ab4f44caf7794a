"""A small client of the service, for programs: pictures in, the command line's objects out.

    with Client("http://127.0.0.1:8421") as client:
        client.read("scan.png")[0]["text"]

Errors of the service are raised as `HandsumError` with their own code, status and remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

import httpx

from handsum.errors import FileUnreadableError, HandsumError, ServiceError

Tree = dict[str, Any]
Picture = str | Path | bytes


class Client:
    """Talks to one service; ``token`` is what ``handsum user token`` printed, if it asks for one.

    ``timeout`` in seconds holds for one request. ``by_proxy``: go the way that the environment's
    proxies say, which for a service on this machine or in this house is seldom right.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        timeout: float = 120.0,
        by_proxy: bool = False,
    ) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=f"{address.rstrip('/')}/",
            headers=headers,
            timeout=timeout,
            trust_env=by_proxy,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def health(self) -> Tree:
        """What works now; ``status`` is ok, starting or failing."""
        answer = self._http.get("healthz")
        tree: Tree = answer.json()
        return tree

    def read(
        self,
        pictures: Picture | Sequence[Picture],
        what: Literal["digit", "number", "page"] = "number",
        **options: Any,
    ) -> list[Tree]:
        """Readings of a picture (a path or its bytes) or of many, as the command line writes them.

        ``options`` are those of ``/api/v1/read``: max_risk, top, pattern, length, check, range,
        decimal, thousands, crops. Of one picture that cannot be read the error is raised; of many,
        a failure stands in its place.
        """
        asked = {"as": what, **options}
        if isinstance(pictures, str | Path | bytes):
            name, data = _load(pictures)
            found = self._send(
                "POST", "api/v1/read", params={**asked, "name": name}, content=data
            ).json()
        else:
            files = [("file", _load(picture)) for picture in pictures]
            found = self._send("POST", "api/v1/read", params=asked, files=files).json()
        return list(found)

    def piles(self) -> list[Tree]:
        """The service's piles with their progress."""
        return list(self._send("GET", "api/v1/piles").json()["piles"])

    def pile(self, name: str) -> Tree:
        """One pile."""
        tree: Tree = self._send("GET", f"api/v1/piles/{quote(name, safe='')}").json()
        return tree

    def corrections(self, pile: str) -> list[Tree]:
        """All that persons said of a pile, in order."""
        path = f"api/v1/piles/{quote(pile, safe='')}/corrections"
        return list(self._send("GET", path).json()["corrections"])

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise ServiceError(
                f"The service at {self._http.base_url} cannot be reached: {error}.",
                "Check the address, and that handsum serve runs.",
            ) from error
        if answer.is_success:
            return answer
        raise _problem(answer)


def _problem(answer: httpx.Response) -> HandsumError:
    try:
        tree = answer.json()
        error = HandsumError(str(tree["detail"]), str(tree["remedy"]))
        error.code = str(tree["code"])
    except (ValueError, KeyError, TypeError):
        error = ServiceError(
            f"The service answered with status {answer.status_code}.", "Check the address."
        )
    error.http_status = answer.status_code
    return error


def _load(picture: Picture) -> tuple[str, bytes]:
    if isinstance(picture, bytes):
        return "picture", picture
    path = Path(picture)
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise FileUnreadableError(
            f"{path} cannot be read: {error.strerror or error}.", "Check the path."
        ) from error

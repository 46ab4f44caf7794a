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
        *,
        entries: str | Path | Sequence[str] | None = None,
        promise: str | Path | None = None,
        second_key: str | Path | None = None,
        **options: Any,
    ) -> list[Tree]:
        """Readings of a picture (a path or its bytes) or of many, as the command line writes them.

        ``entries`` is a closed list: its texts, or the path of a file with one a line. ``promise``
        is a promise's file, or, where there is no such file, the name of one that the service has.
        ``second_key`` is a CSV (file,text) of what a person typed. ``options`` are the others of
        ``/api/v1/read``: max_risk, top, pattern, length, check, range, decimal, thousands, cells,
        bundle (the name of one that the service has), crops. Of one picture that cannot be read
        the error is raised; of many, a failure stands in its place.
        """
        asked = {"as": what, **options}
        beside: list[tuple[str, tuple[str, bytes]]] = []
        if entries is not None:
            beside.append(("list", _load_list(entries)))
        if second_key is not None:
            beside.append(("second_key", _load(Path(second_key))))
        if promise is not None and Path(promise).is_file():
            beside.append(("promise", _load(Path(promise))))
        elif promise is not None:
            asked["promise"] = str(promise)
        if isinstance(pictures, str | Path | bytes) and not beside:
            name, data = _load(pictures)
            return list(self._post("read", {**asked, "name": name}, content=data))
        alone = isinstance(pictures, str | Path | bytes)
        several = [pictures] if isinstance(pictures, str | Path | bytes) else pictures
        files = [*(("file", _load(picture)) for picture in several), *beside]
        found = list(self._post("read", asked, files=files))
        if alone and len(found) == 1 and "error" in found[0]:
            raise _told(found[0]["error"])
        return found

    def bundles(self) -> list[Tree]:
        """The readers that the service has."""
        return list(self._send("GET", "api/v1/bundles").json()["bundles"])

    def promises(self) -> list[Tree]:
        """The promises that the service has, each with what it says and whether it is broken."""
        return list(self._send("GET", "api/v1/promises").json()["promises"])

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

    def _post(self, path: str, params: Tree, **body: Any) -> Any:
        return self._send("POST", f"api/v1/{path}", params=params, **body).json()

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


def _told(tree: Tree) -> HandsumError:
    """A failure as the error that it was; its status is that of its kind."""
    error = HandsumError(str(tree["message"]), str(tree["remedy"]))
    error.code = str(tree["code"])
    kinds = [HandsumError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.code == error.code:
            error.http_status = kind.http_status
            break
    return error


def _load_list(entries: str | Path | Sequence[str]) -> tuple[str, bytes]:
    if isinstance(entries, str | Path):
        return _load(Path(entries))
    return "list", "\n".join(entries).encode()


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

"""The API keeps to its own description whatever is asked of it: schemathesis sends what it allows
and what it does not, to addresses that are there and to others.

Nothing may end in an error that nobody meant, every status stands in the description, every answer
has the type and the form that are promised there, and every refusal is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

pytest.importorskip("sqlalchemy", reason="the extra forms is not installed")
from serving import Running, serving
from slips import make_pile, open_store, rules_of

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
requests = pytest.importorskip("requests", reason="schemathesis is not installed")
of_openapi = pytest.importorskip("schemathesis.specs.openapi.checks")

SEED = 2026
EXAMPLES = 8  # an operation, allowed or not
CHECKS = [
    schemathesis.checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
]
SLOW = {"/api/v1/piles/{pile}/events"}
"""It goes on for ten seconds for a pile that is there."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of six slips and a form."""
    from handsum.service.settings import ServiceSettings
    from handsum.service.shelf import Shelf

    folder = make_pile(tmp_path_factory.mktemp("schema"))
    settings = ServiceSettings(pile=str(folder), children=1)
    shelf = Shelf(open_store(folder), rules_of(folder))
    with serving(settings, shelf=shelf) as running:
        yield running


@pytest.fixture(scope="module")
def known(server: Running) -> dict[str, str]:
    """What the parts of paths may be that are there."""
    with server.client() as client:
        client.post("/api/v1/forms?name=sums").raise_for_status()
        (pile,) = client.get("/api/v1/piles").json()["piles"]
        path = f"/api/v1/piles/{pile['name']}"
        item = client.post(f"{path}/review/next").json()["item"]
        bundle = client.get("/api/v1/bundles").json()["bundles"][0]["name"]
    return {
        "pile": pile["name"], "page": str(item["page_id"]), "item": str(item["id"]),
        "field": item["field"], "form": "sums", "name": bundle,
    }  # fmt: skip


def is_problem(answer: Any) -> bool:
    """Whether a refusal is told as RFC 9457 has it, with our code and remedy."""
    try:
        tree = answer.json()
    except ValueError:
        return False
    return (
        answer.headers["content-type"] == ["application/problem+json"]
        and tree["status"] == answer.status_code
        and {"type", "title", "detail", "code", "remedy"} <= tree.keys()
        and "Traceback" not in answer.text
    )


def aim(case: Any, known: dict[str, str]) -> None:
    """Have a case ask for what is there."""
    if case.path in SLOW or case.method == "DELETE":  # the form is still wanted
        return
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[name]


def examine(operation: Any, mode: Any, server: Running, known: dict[str, str]) -> None:
    """Send examples of an operation, and look at the answers."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
    def send(case: Any, there: bool) -> None:
        if there:
            aim(case, known)
        if "sheets" in (case.query or {}):
            case.query["sheets"] = str(case.query["sheets"])[:1]  # two thousand take a while
        with requests.Session() as session:
            session.trust_env = False
            answer = case.call(base_url=server.address, session=session, timeout=60)
        if answer.status_code >= 400 and not is_problem(answer):
            pytest.fail(f"{answer.status_code}: {answer.text[:300]}\n{case.as_curl_command()}")
        case.validate_response(answer, checks=CHECKS)

    send()


@pytest.mark.parametrize(
    "mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.name.lower()
)
def test_the_api_keeps_to_its_description(
    mode: Any, server: Running, known: dict[str, str]
) -> None:
    with server.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    faults, count = [], 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1
        try:
            examine(operation, mode, server, known)
        except Unsatisfiable:  # a call without parameters cannot be made wrongly
            assert mode == schemathesis.GenerationMode.NEGATIVE
        except Exception as error:
            faults.append(f"{operation.label}: {type(error).__name__}: {error}")
    assert count > 40
    assert not faults, "\n\n".join(faults)

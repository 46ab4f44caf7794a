"""The API's own description: FastAPI's, with our problems instead of its errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemTree"}}}
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of all routes, made once."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    tree = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    for methods in tree["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            answers.pop("422", None)  # FastAPI's form of it; ours is among the 4XX
            for status, answer in answers.items():
                if status in {"4XX", "5XX"}:
                    answer["content"] = _PROBLEM
    for name in _FASTAPIS_OWN:
        tree["components"]["schemas"].pop(name, None)
    app.openapi_schema = tree
    return tree

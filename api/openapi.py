"""The OpenAPI description: what FastAPI derives from the routes, and the problems each of them may answer with."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from api.errors import FieldProblem, Problem
from clientnest.workspaces import Permission

DESCRIPTION = """\
Results of social media posts, and what follows from them, for every workspace you belong to.

Sign in with `POST /v1/auth/token` (or the Authorize button) and send the token as `Authorization: Bearer …`.
Instants are UTC in ISO 8601; days and hours of a post are those of its account's time zone. A number that a network
does not report is `null`, never 0, and `missing` says why. Every error is a problem as RFC 9457 describes it. What is
no request at all is answered 400, more than 100 headers or 32 KB of them 431, a request that stops half way 408.
"""
_PROBLEMS = {
    "400": "The body cannot be read.",
    "401": "No access token or API key, or one that is not valid; signing in: wrong, or not all that is needed.",
    "403": "Signed in, but not allowed; the answer says what is missing, and who may.",
    "404": "There is no such thing here, or you do not belong to its workspace; the answer is the same.",
    "409": "Something else is in the way.",
    "410": "It is over: begin anew.",
    "412": "It was changed by somebody else meanwhile; read it again.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "416": "There are not so many bytes; `Content-Range` says how many.",
    "422": "A value cannot be used; `errors` names each.",
    "423": "Somebody else is at it; `Retry-After` says when to come back.",
    "428": "The change has to name what it was decided on: send If-Match.",
    "429": "Too often; `Retry-After` says when to come back.",
    "460": "The bytes are not those of the checksum.",
    "503": "Something this needs is not ready; trying again later helps.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of your choice, another one for each request: sent again under the same key within a day, a "
    "request is answered as the first time and done once. Answers that show a secret are not kept.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=app.openapi_tags
        )
        _document_permissions(document, app)
        _document_problems(document)
        app.openapi_schema = document
    return app.openapi_schema


def _document_permissions(document: dict[str, Any], app: FastAPI) -> None:
    """What somebody has to be allowed, as docs/permissions.md names it."""
    for route in iter_route_contexts(app.routes):
        for needed in _permissions(getattr(route, "dependant", None)):
            for method in route.methods or ():
                document["paths"][route.path_format][method.lower()]["x-permission"] = needed.value


def _permissions(dependant: Dependant | None) -> Iterator[Permission]:
    if dependant is None:
        return
    permission = getattr(dependant.call, "permission", None)
    if permission is not None:
        yield permission
    for part in dependant.dependencies:
        yield from _permissions(part)


def _document_problems(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for model in (Problem, FieldProblem):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    components["responses"] = {
        f"Problem{status}": {
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, description in _PROBLEMS.items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            if method == "post" and "security" in operation:
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            declared = [status for status in operation["responses"] if status >= "400"]
            for status in (*_expected(path, operation), *declared):
                operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
            operation["responses"] = dict(sorted(operation["responses"].items()))


def _expected(path: str, operation: dict[str, Any]) -> list[str]:
    """Which problems an operation can answer with follows from what it takes."""
    expected = []
    if "requestBody" in operation:
        expected += ["400", "409", "413", "422"]
    if _IDEMPOTENCY_KEY in operation.get("parameters", []):
        expected += ["400", "409"]
    if "security" in operation:
        expected += ["401", "403"]
    elif path.startswith("/v1/auth/"):
        expected.append("401")
    for parameter in operation.get("parameters", []):
        if parameter["name"].lower() == "if-match":
            expected += ["409", "412", *(["428"] if "examples" in parameter["schema"] else [])]
    if operation.get("parameters"):
        expected.append("422")
    if "{" in path:
        expected.append("404")
    if path.startswith("/v1/"):
        expected.append("429")
    if path != "/healthz":
        expected.append("503")
    return expected

"""The pages of a server, in the colours of the report: one to try it by hand, one that tells how a program asks."""

from typing import Any, Dict, Iterator, List, Mapping, Tuple

from ..reporting.page import render_page
from ..reporting.palette import choose_colours
from .pipelines import Description

# What is sent with the pages. Their own policy lets them run our script alone and ask nobody else.
HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
EXAMPLE = """curl -H 'Content-Type: application/json' -d '{{"texts": ["Angela Merkel besuchte Madrid."]}}' \\
  {address}recognise"""


def show_page(models: Mapping[str, Description]) -> str:
    """Make the page where a person types or pastes text and sees entities.

    models (Mapping[str, Description]): the pipelines by name.
    RETURNS (str): HTML that asks the server it came from, and loads nothing else.
    """
    told = [
        {"name": name, "threshold": model.threshold, "colours": choose_colours(model.labels)}
        for name, model in models.items()
    ]
    return render_page("live", "; connect-src 'self'", models=told, title=", ".join(models))


def show_api(api: Mapping[str, Any], address: str) -> str:
    """Make the page that tells how a program asks.

    api (Mapping[str, Any]): the app as OpenAPI describes it.
    address (str): where the page was asked for, with a slash at the end.
    RETURNS (str): HTML that loads nothing.
    """
    schemas = api.get("components", {}).get("schemas", {})
    operations = [
        _describe(method.upper(), path, operation, schemas, address)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
    ]
    about = f"{api['info']['title']} {api['info']['version']}."
    return render_page("api", title="How a program asks", about=about, operations=operations)


def _describe(
    method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any], address: str
) -> Dict[str, Any]:
    tables: List[Tuple[str, List[Dict[str, str]]]] = []
    asked = _get_schema(operation.get("requestBody", {}))
    if asked:
        tables.append(("Request", list(_list_fields(asked))))
        tables += _list_tables("Answer", _get_schema(operation["responses"]["200"]), schemas)
    return {
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "tables": tables,
        "example": EXAMPLE.format(address=address) if asked else "",
        "statuses": {status: told["description"] for status, told in operation["responses"].items()},
    }


def _get_schema(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return part.get("content", {}).get("application/json", {}).get("schema", {})


def _list_tables(
    title: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[Tuple[str, List[Dict[str, str]]]]:
    """YIELDS (Tuple[str, List[Dict[str, str]]]): the fields of what a schema refers to, and of what is in it."""
    name = _get_name(schema)
    found = schemas.get(name, {})
    if found:
        yield f"{title}: {name}" if title != name else name, list(_list_fields(found))
    for field in found.get("properties", {}).values():
        inner = field.get("items", {})
        yield from _list_tables(_get_name(inner), inner, schemas)


def _list_fields(schema: Mapping[str, Any]) -> Iterator[Dict[str, str]]:
    for name, field in schema.get("properties", {}).items():
        what = field.get("description", "")
        if name in schema.get("required", ()) or "default" not in field:
            yield {"name": name, "kind": _name_kind(field), "what": what}
        else:
            yield {"name": name, "kind": f"{_name_kind(field)}, may be left out", "what": what}


def _name_kind(field: Mapping[str, Any]) -> str:
    """RETURNS (str): the kind of a value, such as "list of string"."""
    if "anyOf" in field:
        return " or ".join(_name_kind(kind) for kind in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_name_kind(field['items'])}"
    return _get_name(field) or field.get("type", "")


def _get_name(schema: Mapping[str, Any]) -> str:
    return schema.get("$ref", "").rpartition("/")[2]

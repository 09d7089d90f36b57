"""The OpenAPI document as a page for people: no script, nothing from elsewhere."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line) }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0 }
summary { padding: .45rem .8rem; cursor: pointer }
details > div { padding: 0 .8rem .6rem }
code { font: 13px ui-monospace, monospace } b.verb { display: inline-block; width: 4.5rem }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
table { border-collapse: collapse } tr + tr { border-top: 1px solid var(--soft) }
small { opacity: .75 }
"""

type Json = Mapping[str, Any]


def page(document: Json) -> str:
    """The whole page."""
    info = document["info"]
    body = "".join((*_operations(document), *_schemas(document["components"]["schemas"])))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}'
        '</title><meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><h1>{escape(info['title'])}</h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p>Machine-readable: <a href="/openapi.json"><code>/openapi.json</code></a></p>'
        f"{body}</html>\n"
    )


def _operations(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                if tag["name"] in operation["tags"]:
                    yield _operation(verb, path, operation)


def _operation(verb: str, path: str, operation: Json) -> str:
    rows = [
        (parameter["name"], parameter["schema"], parameter.get("description", parameter["in"]))
        for parameter in operation["parameters"]
    ]
    body = operation.get("requestBody")
    if body is not None:
        rows += _rows(body["content"]["application/json"]["schema"])
    answers = operation["responses"]["200"]["content"]
    answer = next(iter(answers.values()))["schema"]
    first = answer["oneOf"][0]["properties"]["result"] if "oneOf" in answer else answer
    stream = " (a stream)" if "oneOf" in answer else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary>'
        f'<b class="verb">{verb.upper()}</b><code>{escape(path)}</code> '
        f"<small>{escape(operation['summary'])}</small></summary><div>"
        f"<p>{escape(operation['description'])}</p>"
        f"<p><small>gRPC <code>{escape(operation['x-rpc'])}</code> · roles "
        f"{escape(', '.join(operation['x-roles']))}</small></p>"
        f"{_table(rows)}<p>Answers {_type(first)}{stream}</p></div></details>"
    )


def _schemas(schemas: Json) -> Iterator[str]:
    yield "<h2>Messages</h2>"
    for name, schema in schemas.items():
        yield (
            f"<details><summary><code>{escape(name)}</code> "
            f"<small>{escape(schema['description'])}</small></summary>"
            # The target of links is inside, so that following one opens it.
            f'<div id="schema-{escape(name)}">{_table(_rows(schema))}</div></details>'
        )


def _rows(schema: Json) -> list[tuple[str, Json, str]]:
    return [
        (name, field, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _table(rows: list[tuple[str, Json, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(schema)}</td><td>{escape(said)}</td>"
        for name, schema, said in rows
    )
    return f"<table>{cells}</table>" if rows else ""


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        return f"map to {_type(values)}"
    return escape(str(schema.get("format") or schema.get("type") or "value"))

"""The OpenAPI document as a page for people: no script, nothing from elsewhere.

What the page itself says is in either language; comments of the contract are as they are written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Words:
    language: str
    other: str
    title: str
    about: str
    machine: str
    roles: str
    answers: str
    stream: str
    messages: str
    list_of: str
    map_to: str


_WORDS = {
    "en": _Words(
        "en",
        '<a href="?language=zh" lang="zh">中文</a>',
        "Switchyard router",
        "",
        "Machine-readable: ",
        "roles",
        "Answers",
        " (a stream)",
        "Messages",
        "list of ",
        "map to ",
    ),
    "zh": _Words(
        "zh-CN",
        '<a href="?language=en" lang="en">English</a>',
        "Switchyard 路由器的 HTTP 接口",
        "<p>路由器的每个 RPC 都有一个 HTTP 地址，正文是 protobuf 的标准 JSON。"
        "流以 NDJSON 送出，也可要求以 SSE 送出。字段与操作的说明取自接口定义，为英文：</p>",
        "供程序读取：",
        "角色",
        "返回",
        "（流）",
        "消息",
        "列表：",
        "映射到 ",
    ),
}


def page(document: Json, language: str = "en") -> str:
    """The whole page in a language, en or zh."""
    words, info = _WORDS[language], document["info"]
    body = "".join((*_operations(document, words), *_schemas(document, words)))
    return (
        f'<!doctype html><html lang="{words.language}"><meta charset="utf-8">'
        f"<title>{words.title}</title>"
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style><p>{words.other}</p><h1>{words.title}</h1>"
        f'{words.about}<p lang="en">{escape(info["description"])}</p>'
        f'<p>{words.machine}<a href="/openapi.json"><code>/openapi.json</code></a></p>'
        f"{body}</html>\n"
    )


def _operations(document: Json, words: _Words) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        for path, verbs in document["paths"].items():
            for verb, operation in verbs.items():
                if tag["name"] in operation["tags"]:
                    yield _operation(verb, path, operation, words)


def _operation(verb: str, path: str, operation: Json, words: _Words) -> str:
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
    stream = words.stream if "oneOf" in answer else ""
    return (
        f'<details id="{escape(operation["operationId"])}"><summary>'
        f'<b class="verb">{verb.upper()}</b><code>{escape(path)}</code> '
        f"<small>{escape(operation['summary'])}</small></summary><div>"
        f"<p>{escape(operation['description'])}</p>"
        f"<p><small>gRPC <code>{escape(operation['x-rpc'])}</code> · {words.roles} "
        f"{escape(', '.join(operation['x-roles']))}</small></p>"
        f"{_table(rows, words)}<p>{words.answers} {_type(first, words)}{stream}</p></div></details>"
    )


def _schemas(document: Json, words: _Words) -> Iterator[str]:
    yield f"<h2>{words.messages}</h2>"
    for name, schema in document["components"]["schemas"].items():
        yield (
            f"<details><summary><code>{escape(name)}</code> "
            f"<small>{escape(schema['description'])}</small></summary>"
            # The target of links is inside, so that following one opens it.
            f'<div id="schema-{escape(name)}">{_table(_rows(schema), words)}</div></details>'
        )


def _rows(schema: Json) -> list[tuple[str, Json, str]]:
    return [
        (name, field, field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _table(rows: list[tuple[str, Json, str]], words: _Words) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(schema, words)}</td>"
        f"<td>{escape(said)}</td>"
        for name, schema, said in rows
    )
    return f"<table>{cells}</table>" if rows else ""


def _type(schema: Json, words: _Words) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    if schema.get("type") == "array":
        return f"{words.list_of}{_type(schema['items'], words)}"
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        return f"{words.map_to}{_type(values, words)}"
    return escape(str(schema.get("format") or schema.get("type") or "value"))

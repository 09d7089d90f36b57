"""Examples that operators copy are ones that the code reads; both languages say the same."""

import re
from collections.abc import Iterator
from importlib.resources import as_file
from pathlib import Path

import pytest
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.mapping import load_mapping
from switchyard_crm.adapters.connectors.registry import Registry, shipped
from switchyard_crm.adapters.connectors.settings import read_connectors
from switchyard_crm.adapters.importing.document import CustomerDocument
from switchyard_crm.adapters.importing.table_mapping import load_mapping as load_table_mapping
from switchyard_crm.adapters.rules import load_rules
from switchyard_crm.domain.identifiers import Normaliser

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parents[3] / "docs"
CUSTOMERS = ("customers.md", "customers.zh.md")
CONNECTORS = ("connectors.md", "connectors.zh.md")
_EXAMPLE = re.compile(r"```(?:yaml|json)\n(.*?)```", re.DOTALL)


def example(page: str, start: str) -> str:
    """The one example on a page that begins so."""
    (found,) = (text for text in examples(page) if text.startswith(start))
    return found


def examples(page: str) -> Iterator[str]:
    return (match[1] for match in _EXAMPLE.finditer((DOCS / page).read_text("utf-8")))


@pytest.mark.parametrize("page", CUSTOMERS)
def test_the_examples_of_an_import_can_be_imported(page: str, tmp_path: Path) -> None:
    document = CustomerDocument.model_validate_json(example(page, "{"))
    assert document.orders
    assert document.interactions
    file = tmp_path / "table.yaml"
    file.write_text(example(page, "source:"), "utf-8")
    assert load_table_mapping(file).encoding == "gb18030"


@pytest.mark.parametrize("page", CUSTOMERS)
def test_the_example_of_rules_is_in_force_as_it_stands(page: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(example(page, "survivors:"), "utf-8")
    (gold,) = load_rules(file).tiers.levels
    assert (gold.tier, gold.within_days, gold.orders) == ("gold", 90, 5)
    assert gold.spent == {"CNY": 500_000}


@pytest.mark.parametrize("page", CONNECTORS)
def test_the_example_of_a_connectors_file_makes_a_connector(page: str, tmp_path: Path) -> None:
    text = example(page, "connectors:")
    assert "ca_file: erp-ca.pem" in text
    key = tmp_path / "key"
    key.write_text("secret\n")
    (tmp_path / "erp.yaml").write_text(example(page, "profile:"), "utf-8")
    file = tmp_path / "crms.yaml"
    # What is on the operator's machine only: the key's place, and the authorities.
    text = text.replace("/run/secrets/erp-key", str(key)).replace("ca_file:", "# ca_file:")
    file.write_text(text, "utf-8")
    read = read_connectors(file)
    connector = Registry(Normaliser("CN"), SystemClock()).build(read, read.connectors[0])
    assert connector.name == "erp"


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("salesforce", "order: {total: {currency: {value: CNY}, amount: TotalAmount}}"),
        ("bottlecrm", "phones: [phone, custom_fields.phone_2]"),
    ],
)
@pytest.mark.parametrize("page", CONNECTORS)
def test_what_is_advised_for_a_mapping_is_one(
    page: str, kind: str, own: str, tmp_path: Path
) -> None:
    assert f"`{own}`" in (DOCS / page).read_text("utf-8")
    file = tmp_path / "own.yaml"
    file.write_text(own if own.startswith("order") else f"profile: {{{own}}}", "utf-8")
    with as_file(shipped(f"{kind}.yaml")) as default:
        assert load_mapping(default, file) != load_mapping(default, None)


@pytest.mark.parametrize("pages", [CUSTOMERS, CONNECTORS])
def test_both_languages_name_the_same_things_under_as_many_headings(pages: tuple[str, str]) -> None:
    english, chinese = (named(page) for page in pages)
    assert english == chinese


def named(page: str) -> tuple[frozenset[str], tuple[int, ...]]:
    """What a page names as code, and the levels of its headings."""
    text = re.sub(r"```.*?```", "", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    headings = tuple(len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE))
    code = re.findall(r"`([^`]+)`", text)
    return frozenset(" ".join(one.split()) for one in code), headings

"""The pages on Kubernetes name what there is, alike in both languages."""

import re
from pathlib import Path

import pytest

from deploy.k8s.sizing import Centre, needs, table

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
GUIDES = ("kubernetes.md", "kubernetes.zh.md")
SIZING = ("sizing.md", "sizing.zh.md")


def named(page: str) -> tuple[set[str], list[int]]:
    """What a page names as code, and the levels of its headings."""
    text = re.sub(r"```.*?```", "", (DOCS / page).read_text(), flags=re.DOTALL)
    code = {" ".join(one.split()) for one in re.findall(r"`([^`]+)`", text)}
    return code, [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]


@pytest.mark.parametrize("pages", [GUIDES, SIZING])
def test_both_languages_name_the_same_things(pages: tuple[str, str]) -> None:
    english, chinese = map(named, pages)
    assert english == chinese


@pytest.mark.parametrize("page", GUIDES)
def test_the_secret_of_the_page_has_every_key_that_manifests_refer_to(page: str) -> None:
    manifests = "".join(path.read_text() for path in (ROOT / "deploy/k8s").rglob("*.yaml"))
    wanted = set(re.findall(r"name: switchyard-secrets, key: ([a-z-]+)", manifests))
    assert wanted
    assert set(re.findall(r"--from-literal=([a-z-]+)=", (DOCS / page).read_text())) == wanted


@pytest.mark.parametrize("page", SIZING)
def test_the_table_of_the_page_is_what_the_arithmetic_gives(page: str) -> None:
    centres = (Centre(100, 1_000), Centre(1_000, 12_000), Centre(10_000, 120_000))
    assert table(centres) in (DOCS / page).read_text()


def memory_given(process: str) -> str:
    """Request and limit of memory, as a manifest has them."""
    folder = ROOT / "deploy/k8s"
    paths = (folder / "base", folder / "components/redis-sentinel")
    (path,) = (each / f"{process}.yaml" for each in paths if (each / f"{process}.yaml").is_file())
    (request, *_), (limit, *_) = (
        re.findall(rf"{part}: {{.*memory: (\w+)}}", path.read_text())
        for part in ("requests", "limits")
    )
    return f"{request} / {limit}"


@pytest.mark.parametrize("page", SIZING)
def test_the_memory_of_the_page_is_what_manifests_ask_for(page: str) -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| .* \| (\d+\wi / \d+\wi) \|$", (DOCS / page).read_text(), re.MULTILINE
    )
    assert [process for process, _ in rows] == [need.process for need in needs(Centre(1, 1))]
    assert rows == [(process, memory_given(process)) for process, _ in rows]


@pytest.mark.parametrize("page", GUIDES)
def test_components_are_those_that_there_are(page: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", (DOCS / page).read_text(), re.MULTILINE)
    components = {path.name for path in (ROOT / "deploy/k8s/components").iterdir()}
    assert components <= set(rows)


def test_nobody_is_alone_and_more_load_never_needs_less() -> None:
    few, many = ([*needs(Centre(agents, 40 * agents))] for agents in (10, 20_000))
    for small, large in zip(few, many, strict=True):
        assert small.replicas >= (1 if small.process == "insights" else 2)
        assert large.replicas >= small.replicas
        assert large.cores > small.cores

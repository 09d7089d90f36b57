"""`switchyard train`: train a model, hold it against what it must beat, publish it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from switchyard_common.commands import (
    JsonOption,
    Lang,
    LangOption,
    TenantOption,
    language_of,
    trouble_of,
)
from switchyard_report.page import write
from switchyard_report.text import Text

from switchyard_router.adapters.models.call_log import LogUnreadable
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.adapters.models.splits import TooFewRows, Until
from switchyard_router.entrypoints.cli.recordings import (
    HistoryOrLogOption,
    named_history,
    zone_of,
)
from switchyard_router.model_kind import Kind

if TYPE_CHECKING:
    from switchyard_router.adapters.models.training import Fit
    from switchyard_router.training_kinds import Made

METRICS_FILE, REPORT_FILE = "metrics.json", "report.html"
_LEARNING = Text("features as they were known then", "按当时所知计算特征")


def _day(purpose: str) -> Any:
    return typer.Option(formats=["%Y-%m-%d"], help=f"Last day {purpose}; none: by shares.")


_TrainDay = Annotated[datetime | None, _day("to fit on")]
_ChooseDay = Annotated[datetime | None, _day("to choose by")]
_TestDay = Annotated[datetime | None, _day("to measure on")]


def train(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The model directory; a version is added to it.")],
    log: Annotated[list[Path] | None, typer.Option(help="Call logs, or folders of them.")] = None,
    history: HistoryOrLogOption = "",
    kind: Annotated[Kind, typer.Option(help="What to predict.")] = Kind.HANDLE_TIME,
    train_until: _TrainDay = None,
    choose_until: _ChooseDay = None,
    test_until: _TestDay = None,
    cluster: Annotated[str, typer.Option(help="A Dask scheduler: tcp://HOST:8786.")] = "",
    html: Annotated[Path | None, typer.Option(help="Where to write the report, too.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same services and seed, same model.")] = 1,
    trees: Annotated[int, typer.Option(min=1, max=2000, help="At most.")] = 150,
    leaves: Annotated[int, typer.Option(min=2, max=64)] = 31,
    time_zone: Annotated[str, typer.Option(help="Zone of the log's clock.")] = "UTC",
    tenant: TenantOption = "demo",
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Fit on early days, choose on later ones, measure on the last, and publish. 训练模型。

    The table goes on serving unless the model beats it with certainty.
    """
    from switchyard_router.adapters.models.training import Recipe
    from switchyard_router.training_kinds import Order, Source, make

    said = lang or language_of()
    try:
        order = Order(
            Source(log or (), named_history(context, history, log), tenant, zone_of(time_zone)),
            Recipe(seed=seed, trees=trees, leaves=leaves),
            Until(*(day and day.date() for day in (train_until, choose_until, test_until))),
            _fit(cluster),
            out,
            time_zone,
        )
        with _progress(said) as watch:
            made = make(kind, order, watch)
        _explain(made, html, said)
    except (LogUnreadable, TooFewRows, ModelRefused, OSError, KeyError, ValueError) as error:
        typer.echo(trouble_of(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        told = {"folder": str(made.folder), **made.metrics}
        typer.echo(orjson.dumps(told).decode())
        return
    head, lines = made.table
    typer.echo("\n".join((str(made.folder), made.verdict.told(said.value))))
    typer.echo("\n".join((head.told(said.value), *lines)))


@contextmanager
def _progress(lang: Lang) -> Iterator[Callable[[float], object]]:
    """Shows the share that is done on standard error, for who looks."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_LEARNING.told(lang.value), total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _explain(made: "Made", html: Path | None, lang: Lang) -> None:
    """Metrics and report beside the model, and the report where it is wished."""
    told = {"metrics": made.metrics, "importance": made.importance}
    (made.folder / METRICS_FILE).write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    for path in (made.folder / REPORT_FILE, html):
        if path is not None:
            write(made.page, path, lang.value)


def _fit(cluster: str) -> "Fit":
    """How to fit: here, or on a cluster."""
    from switchyard_router.adapters.models.training import fit_here

    if not cluster:
        return fit_here
    from switchyard_router.adapters.models.cluster_training import fit_on_cluster

    return fit_on_cluster(cluster)

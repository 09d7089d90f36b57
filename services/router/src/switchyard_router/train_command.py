"""`switchyard train`: train a handle-time model, hold it against what it must beat, publish it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from switchyard_common.commands import JsonOption, Lang, LangOption, TenantOption, language_of
from switchyard_report.page import write
from switchyard_report.text import Text

from switchyard_router.adapters.models.call_log import LogUnreadable, Service, read_services
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.adapters.models.splits import TooFewRows, Until
from switchyard_router.adapters.models.training_rows import TrainingRows, training_rows

if TYPE_CHECKING:
    from switchyard_router.adapters.models.training import Fit, Trained

METRICS_FILE, REPORT_FILE = "metrics.json", "report.html"
_HEAD = Text("seconds   of medians  of means", "秒        中位数误差  均值误差")
_LEARNING = Text("features as they were known then", "按当时所知计算特征")


class Kind(StrEnum):
    """What a model predicts."""

    HANDLE_TIME = "handle_time"


type _Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where services come from."""

    logs: Sequence[Path]
    history: str
    tenant: str
    zone: ZoneInfo

    def services(self) -> list[Service]:
        """By their start; LogUnreadable says what is wrong or missing."""
        if bool(self.logs) == bool(self.history):
            raise LogUnreadable("give either --log PATH or --history URL")
        if self.history:
            from switchyard_router.adapters.models.history_services import services_of_history

            return services_of_history(self.history, self.tenant, self.zone)
        found = [service for path in self.logs for service in read_services(path)]
        return sorted(found, key=lambda one: (one.start_seconds, one.agent, one.kind))


def train(
    out: Annotated[Path, typer.Option(help="The model directory; a version is added to it.")],
    log: Annotated[list[Path] | None, typer.Option(help="Call logs, or folders of them.")] = None,
    history: Annotated[str, typer.Option(help="Or the history's URL: sqlite:///PATH.")] = "",
    kind: Annotated[Kind, typer.Option(help="What to predict.")] = Kind.HANDLE_TIME,
    train_until: _Day = None,
    choose_until: _Day = None,
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
    """Fit on early days, choose on later ones, measure on the last, and publish. 训练处理时长模型。

    The table goes on serving unless the model beats it with certainty.
    """
    from switchyard_router.adapters.models.training import Recipe, publish
    from switchyard_router.adapters.models.training import train as fit_model
    from switchyard_router.adapters.models.training_report import verdict

    said = lang or language_of()
    recipe = Recipe(seed=seed, trees=trees, leaves=leaves)
    try:
        rows = _rows(_Source(log or (), history, tenant, ZoneInfo(time_zone)), said)
        until = Until(train_until and train_until.date(), choose_until and choose_until.date())
        trained = fit_model(rows, recipe, until, _fit(cluster))
        folder = publish(trained, recipe, out, kind, time_zone, datetime.now(UTC))
        load_model(folder)
        _explain(folder, trained, html, said)
    except (LogUnreadable, TooFewRows, ModelRefused, OSError, KeyError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if as_json:
        told = {"folder": str(folder), **trained.metrics}
        typer.echo(orjson.dumps(told).decode())
        return
    typer.echo(f"{folder}\n{verdict(trained.comparison).told(said.value)}")
    typer.echo(_HEAD.told(said.value))
    for name, errors in trained.comparison.errors.items():
        typer.echo(f"{name:<10} {errors.of_medians:>9.2f} {errors.of_means:>9.2f}")


def _rows(source: _Source, lang: Lang) -> TrainingRows:
    """Rows of a source, with progress on standard error for who looks."""
    services = source.services()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_LEARNING.told(lang.value), total=1.0)
        return training_rows(services, lambda share: progress.update(task, completed=share))


def _explain(folder: Path, trained: "Trained", html: Path | None, lang: Lang) -> None:
    """Metrics and report beside the model, and the report where it is wished."""
    from switchyard_router.adapters.models.training_report import training_page

    told = {"metrics": trained.metrics, "importance": trained.importance}
    (folder / METRICS_FILE).write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    page = training_page(trained)
    for path in (folder / REPORT_FILE, html):
        if path is not None:
            write(page, path, lang.value)


def _fit(cluster: str) -> "Fit":
    """How to fit: here, or on a cluster."""
    from switchyard_router.adapters.models.training import fit_here

    if not cluster:
        return fit_here
    from switchyard_router.adapters.models.cluster_training import fit_on_cluster

    return fit_on_cluster(cluster)

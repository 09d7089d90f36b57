"""`switchyard model`: train a handle-time model, and look at what a directory holds."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from switchyard_router.adapters.models.call_log import LogUnreadable, read_services
from switchyard_router.adapters.models.directory import chosen, shadowed
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, Manifest, read_manifest
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.adapters.models.training_rows import training_rows

app = typer.Typer(help="Models that predict handle times.", no_args_is_help=True)


@app.command()
def train(
    log: Annotated[Path, typer.Option(help="A call log, or a directory of them.")],
    out: Annotated[Path, typer.Option(help="The model directory; a version is added to it.")],
    seed: Annotated[int, typer.Option(min=0, help="Same log and seed, same model.")] = 1,
    trees: Annotated[int, typer.Option(min=1, max=2000)] = 100,
    leaves: Annotated[int, typer.Option(min=2, max=64)] = 31,
    time_zone: Annotated[str, typer.Option(help="Zone of the log's clock.")] = "UTC",
    name: Annotated[str, typer.Option(help="Name of the model.")] = "handle_time",
) -> None:
    """Train on a call log's earlier days, measure on its later ones, and publish the model."""
    # The library takes a moment to load, which looking at a model should not cost.
    from switchyard_router.adapters.models.training import Recipe, TooFewRows
    from switchyard_router.adapters.models.training import publish as publish_version
    from switchyard_router.adapters.models.training import train as fit

    recipe = Recipe(seed=seed, trees=trees, leaves=leaves)
    try:
        ZoneInfo(time_zone)
        rows = training_rows(read_services(log))
        trained = fit(rows, recipe)
        now = datetime.now(UTC)
        folder = publish_version(trained, recipe, out, name, time_zone, now)
        _, manifest = load_model(folder)
    except (LogUnreadable, TooFewRows, ModelRefused, OSError, KeyError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{folder}")
    typer.echo("\n".join(lines(manifest)))


@app.command()
def show(
    directory: Annotated[Path, typer.Argument(help="A model directory, or one version's folder.")],
) -> None:
    """Say which version would serve, which would be its shadow, what they are, and whether a
    router would take them. How right they are, routers' metrics tell.
    """
    try:
        is_version = (directory / MANIFEST_FILE).is_file()
        folder = directory if is_version else chosen(directory)
        if folder is None:
            typer.echo(f"{directory}: no model in it", err=True)
            raise typer.Exit(1)
        _say(folder)
        shadow = None if is_version else shadowed(directory)
        if shadow is not None:
            typer.echo("\nshadow: tried beside it, serves nobody")
            _say(shadow)
    except ModelRefused as refusal:
        typer.echo(f"a router would refuse it: {refusal}", err=True)
        raise typer.Exit(1) from refusal


def _say(folder: Path) -> None:
    typer.echo(f"{folder}")
    typer.echo("\n".join(lines(read_manifest(folder))))
    load_model(folder)
    typer.echo("a router would take it")


def lines(manifest: Manifest) -> list[str]:
    """A manifest for people."""
    window = manifest.training_window
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    return [
        f"model       {manifest.label}, objective {manifest.objective}, seed {manifest.seed}",
        f"trained on  {manifest.rows} services, {window.begin:%Y-%m-%d} to {window.end:%Y-%m-%d}"
        f" ({manifest.time_zone})",
        f"libraries   {libraries}",
        f"features    {len(manifest.features)}: {', '.join(manifest.features)}",
        *(f"{name:<36} {value}" for name, value in manifest.metrics.items()),
    ]

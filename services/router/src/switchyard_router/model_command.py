"""`switchyard model`: look at what a model directory holds."""

from pathlib import Path
from typing import Annotated

import typer

from switchyard_router.adapters.models.directory import chosen, shadowed
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, Manifest, read_manifest
from switchyard_router.adapters.models.refusal import ModelRefused

app = typer.Typer(help="Models that predict handle times. 处理时长预测模型。", no_args_is_help=True)


@app.callback()
def models() -> None:
    """Models that predict handle times."""


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
        f"serves      {manifest.serves}",
        f"model       {manifest.label}, objective {manifest.objective}, seed {manifest.seed}",
        f"trained on  {manifest.rows} services, {window.begin:%Y-%m-%d} to {window.end:%Y-%m-%d}"
        f" ({manifest.time_zone})",
        f"libraries   {libraries}",
        f"features    {len(manifest.features)}: {', '.join(manifest.features)}",
        *(f"{name:<36} {value}" for name, value in manifest.metrics.items()),
    ]

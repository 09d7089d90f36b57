"""`switchyard ivr` for the command line."""

import typer

from switchyard_phone.adapters.menu_files import load
from switchyard_phone.entrypoints.cli.call import show
from switchyard_phone.entrypoints.cli.draw import draw_command
from switchyard_phone.entrypoints.cli.prompts import prompts_command
from switchyard_phone.entrypoints.cli.speech_models import speech_models_command
from switchyard_phone.speech_wiring import open_errand
from switchyard_phone.voice_wiring import open_studio

app = typer.Typer(help="The telephone: menus and prompts. 电话菜单与提示音。", no_args_is_help=True)

app.command("draw")(draw_command(load))
app.command("prompts")(prompts_command(open_studio))
app.command("speech-models")(speech_models_command(open_errand))

call = typer.Typer(help="Telephone calls. 电话。", no_args_is_help=True)


@call.callback()
def _calls() -> None:
    """Telephone calls. 电话。"""


call.command("show")(show)

"""All dashboards, and their files."""

from deploy.monitoring.boards import bot, crm, health, history, models, phone, routing, wallboard
from deploy.monitoring.panels import Board

BOARDS: tuple[Board, ...] = (
    wallboard.BOARD,
    routing.BOARD,
    bot.BOARD,
    phone.BOARD,
    crm.BOARD,
    models.BOARD,
    history.BOARD,
    health.BOARD,
)
FOLDER = "deploy/grafana/dashboards"


def files() -> dict[str, str]:
    """Texts by path from the root of the repository."""
    return {f"{FOLDER}/{board.name}.json": board.text() for board in BOARDS}

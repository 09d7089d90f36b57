"""The generator's process: takes one JSON command a line on stdin, answers each with one line.

Started by `benchmarks.load.stack`. The command {"do": name, …} calls the method of that name;
an error is answered as {"error": text}. It ends when stdin does.
"""

import argparse
import asyncio
import sys

import orjson
import uvloop
from switchyard_common.logs import configure_logging

from benchmarks.load.floor import LoadFloor, load_floor
from benchmarks.load.runs import FullLine, OpenLoop, Runner, Saturation
from benchmarks.load.setting import RARE_SKILL

type Answer = dict[str, object]


class Commands:
    """What the generator can be told to do."""

    def __init__(self, floor: LoadFloor, runner: Runner) -> None:
        self._floor = floor
        self._runner = runner

    async def do(self, command: Answer) -> Answer:
        """Carry out one command."""
        name = command.pop("do")
        match name:
            case "sign_in":
                await self._floor.sign_in(int(str(command["agents"])))
                return {"agents": len(self._floor.desktops.all)}
            case "fill":
                await self._floor.create_many(int(str(command["waiting"])), RARE_SKILL)
                return {"problems": dict(self._floor.book.problems)}
            case "open_loop":
                return await self._runner.open_loop(OpenLoop(**command))  # type: ignore[arg-type]
            case "saturation":
                return await self._runner.saturation(Saturation(**command))  # type: ignore[arg-type]
            case "full_line":
                return await self._runner.full_line(FullLine(**command))  # type: ignore[arg-type]
            case "rest":
                return await self._runner.rest(float(str(command["seconds"])))
        raise ValueError(f"unknown command {name}")


async def _serve(targets: list[str], pids: dict[str, list[int]]) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with load_floor(targets) as floor:
        commands = Commands(floor, Runner(floor, pids))
        _answer({"ready": True})
        while line := await lines.readline():
            try:
                _answer(await commands.do(orjson.loads(line)))
            except Exception as error:  # noqa: BLE001  told to the one who asked
                _answer({"error": f"{type(error).__name__}: {error}"})


def _answer(answer: Answer) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", action="append", required=True, help="host:port of a router")
    parser.add_argument("--pids", default="{}", help="JSON: name to process ids to watch")
    options = parser.parse_args()
    configure_logging("load", "warning", stream=sys.stderr)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options.target, orjson.loads(options.pids)))


if __name__ == "__main__":
    main()

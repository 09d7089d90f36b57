"""`switchyard softphone`: a call without a telephone, to hear the bot for the first time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from switchyard_common.commands import Lang, LangOption, language_of

from switchyard_demo.telephone.caller import KEYS, Caller, Heard, Plan
from switchyard_demo.telephone.line import Line, NoAnswer, Refused
from switchyard_demo.telephone.messages import NotSip, address_of
from switchyard_demo.telephone.sound import write_wave

_BOT = "sip:2000@127.0.0.1:5070"
_TO_A_PERSON = ",2,,,0"
_Words = dict[str | int, str]
_WORDS: dict[Lang, _Words] = {
    Lang.EN: {
        "calling": "calling {}",
        "ringing": "it rings",
        "answered": "answered",
        "pressed": "pressed {}",
        "transferred": "the bot transfers the call to {}",
        "agent_answered": "the agent answered",
        "agent_refused": "the agent did not answer ({})",
        "hung_up_on": "the other side hung up",
        "hangs_up": "heard enough of the agent; hanging up",
        "had_enough": "time is up; hanging up",
        "written": "{:.0f} s were heard, and written to {}",
        "refused": "the call was refused: {} ({})",
        "silent": "nobody answers at {}. Is the phone running? make run shows it",
        "bad_target": "give a SIP URI such as {}",
        "bad_keys": "keys are 0-9, *, # and commas for pauses",
        "unwritten": "{} cannot be written: {}",
        403: "this address is not in PHONE_PEERS",
        486: "as many calls as PHONE_CALLS_AT_ONCE allows",
        488: "no codec in common",
        503: "the phone drains, or too many calls a second",
    },
    Lang.ZH: {
        "calling": "正在呼叫 {}",
        "ringing": "振铃",
        "answered": "已接通",
        "pressed": "按键 {}",
        "transferred": "机器人把电话转给 {}",
        "agent_answered": "坐席已接听",
        "agent_refused": "坐席没有接听（{}）",
        "hung_up_on": "对方挂机",
        "hangs_up": "坐席的话已听够，挂机",
        "had_enough": "时间到，挂机",
        "written": "共听到 {:.0f} 秒，已写入 {}",
        "refused": "呼叫被拒绝：{}（{}）",
        "silent": "{} 没有应答。电话进程在运行吗？make run 会显示",
        "bad_target": "请给出 SIP 地址，例如 {}",
        "bad_keys": "按键为 0-9、*、#，逗号表示停顿",
        "unwritten": "无法写入 {}：{}",
        403: "本机地址不在 PHONE_PEERS 中",
        486: "通话数已达 PHONE_CALLS_AT_ONCE",
        488: "没有共同的编码",
        503: "电话进程正在退出，或每秒呼叫过多",
    },
}


def softphone(
    target: Annotated[str, typer.Argument(help="Whom to call.")] = _BOT,
    keys: Annotated[
        str, typer.Option(help="Keys to press; a comma waits two seconds.")
    ] = _TO_A_PERSON,
    record: Annotated[Path, typer.Option(help="WAV file for what is heard.")] = Path("heard.wav"),
    number: Annotated[str, typer.Option(help="Number to call from.")] = "+12065550142",
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Longest call.")] = 90.0,
    agent_seconds: Annotated[
        float, typer.Option(min=1, max=600, help="How long to listen to an agent.")
    ] = 20.0,
    host: Annotated[str, typer.Option(help="Own address.")] = "127.0.0.1",
    lang: LangOption = None,
) -> None:
    """Call the bot, press keys, follow a transfer, keep the sound. 拨打机器人并录音。"""
    words = _WORDS[lang or language_of()]
    console = Console(highlight=False, soft_wrap=True)
    if not KEYS.fullmatch(keys):
        raise typer.BadParameter(words["bad_keys"])
    plan = Plan(target, number, keys, seconds, agent_seconds)

    def told(what: str, fact: str) -> None:
        console.print(words[what].format(fact), markup=False)

    heard = _call(plan, host, words, told)
    try:
        write_wave(record, heard.sound)
    except OSError as error:
        console.print(words["unwritten"].format(record, error.strerror), markup=False)
        raise typer.Exit(1) from None
    console.print(words["written"].format(heard.seconds, record), markup=False)


def _call(plan: Plan, host: str, words: _Words, told: Callable[[str, str], None]) -> Heard:
    try:
        address_of(plan.target)
        return asyncio.run(place_call(plan, host, told))
    except NotSip:
        raise typer.BadParameter(words["bad_target"].format(_BOT)) from None
    except Refused as error:
        why = words.get(error.status, "SIP")
        typer.echo(words["refused"].format(error.status, why), err=True)
    except NoAnswer:
        typer.echo(words["silent"].format(plan.target), err=True)
    raise typer.Exit(1)


async def place_call(plan: Plan, host: str, told: Callable[[str, str], None]) -> Heard:
    """One call from this address. Refused, NoAnswer, OSError."""
    line = Line()
    await line.open(host)
    try:
        return await Caller(line, plan, told).run()
    finally:
        await line.close()

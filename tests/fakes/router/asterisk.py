"""What Asterisk says on a FastAGI connection, byte for byte as res_agi.c writes it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_PATIENCE_SECONDS = 60.0


class AgiCall:
    """One AGI() of a dialplan: sends the header, obeys commands, keeps the channel's variables."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        variables: dict[str, str] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.variables = dict(variables or {})
        self.commands: list[str] = []

    def begin(self, port: int, script: str, unique_id: str, caller: str) -> None:
        """The header, with an empty line at its end."""
        lines = (
            "agi_network: yes",
            f"agi_network_script: {script}",
            f"agi_request: agi://127.0.0.1:{port}/{script}",
            "agi_channel: PJSIP/trunk-00000001",
            "agi_language: en",
            "agi_type: PJSIP",
            f"agi_uniqueid: {unique_id}",
            "agi_version: 22.5.2",
            f"agi_callerid: {caller}",
            "agi_calleridname: unknown",
            "agi_callingpres: 0",
            "agi_callingani2: 0",
            "agi_callington: 0",
            "agi_callingtns: 0",
            "agi_dnid: 400",
            "agi_rdnis: unknown",
            "agi_context: from-trunk",
            "agi_extension: 400",
            "agi_priority: 3",
            "agi_enhanced: 0.0",
            "agi_accountcode: ",
            "agi_threadid: 140218301060672",
        )
        self._writer.write(("\n".join(lines) + "\n\n").encode())

    def hang_up(self) -> None:
        """The caller hangs up: Asterisk says so in between and goes on obeying."""
        self._writer.write(b"HANGUP\n")

    async def serve(self) -> dict[str, str]:
        """Obey until the script ends the connection; the variables it leaves behind."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while line := await self._line():
                assert line.endswith(b"\n"), line
                command = line.decode().rstrip("\n")
                self.commands.append(command)
                self._writer.write(f"{self._obey(command)}\n".encode())
        return self.variables

    async def _line(self) -> bytes:
        try:
            return await self._reader.readline()
        except ConnectionResetError:  # it was ended with our words unread
            return b""

    def _obey(self, command: str) -> str:
        if command.startswith("GET VARIABLE "):
            value = self.variables.get(command.removeprefix("GET VARIABLE "))
            return f"200 result=1 ({value})" if value is not None else "200 result=0"
        if not command.startswith("SET VARIABLE "):
            return "510 Invalid or unknown command"
        words = _words(command.removeprefix("SET VARIABLE "))
        if len(words) != 2:
            return "520-Invalid command syntax.  Proper usage follows:\n520 End of proper usage."
        self.variables[words[0]] = words[1]
        return "200 result=1"


def _words(text: str) -> list[str]:
    """parse_args() of res_agi.c: words, quotation marks around spaces, a stroke before a mark."""
    words, word, quoted, escaped, begun = [], "", False, False, False
    for character in text:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted, begun = not quoted, True
        elif character == " " and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + character, True
    return [*words, word] if begun else words


@asynccontextmanager
async def agi(
    port: int,
    script: str,
    unique_id: str = "1700000000.1",
    caller: str = "+8613800000000",
    variables: dict[str, str] | None = None,
) -> AsyncGenerator[AgiCall]:
    """A dialplan's AGI() that has begun; leaving the block breaks the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    call = AgiCall(reader, writer, variables)
    call.begin(port, script, unique_id, caller)
    try:
        yield call
    finally:
        writer.close()


async def run_agi(port: int, script: str, **said: str) -> dict[str, str]:
    """AGI() to its end: the SWITCHYARD_ variables without their prefix."""
    async with agi(port, script, **said) as call:  # type: ignore[arg-type]
        left = await call.serve()
    return {name.removeprefix("SWITCHYARD_"): value for name, value in left.items()}

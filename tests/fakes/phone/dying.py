"""The phone's process, whose SIP stack dies at SIGUSR1 as it does when its thread ends.

python -m tests.fakes.phone.dying
"""

import asyncio
import signal
from typing import Any

from switchyard_phone import main as process
from switchyard_phone.adapters.sip.exchange import SipExchange


class MortalExchange(SipExchange):
    """Says that its runtime is dead when it is asked to die."""

    async def start(self) -> None:
        await super().start()
        loop = asyncio.get_running_loop()
        dead: Any = self._runtime.on_dead
        loop.add_signal_handler(signal.SIGUSR1, dead)


if __name__ == "__main__":
    vars(process)["SipExchange"] = MortalExchange
    process.main()

"""A server that answers what a test says."""

from collections.abc import Callable

from switchyard_common.clock import SystemClock

from tests.fakes.crm.vendors.serving import Asked, Reply, Vendor

type Script = Callable[[Asked], Reply]


def always(reply: Reply) -> Script:
    """The same answer to everything."""

    def script(_: Asked) -> Reply:
        return reply

    return script


class Scripted(Vendor):
    """Answers by a script."""

    def __init__(self, script: Script) -> None:
        super().__init__(SystemClock())
        self._script = script

    def answer(self, asked: Asked) -> Reply:
        return self._script(asked)

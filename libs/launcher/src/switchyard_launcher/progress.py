"""Tells a person, line by line, how starting and stopping goes."""

from rich.console import Console

from switchyard_launcher.child import Child, State


class LineProgress:
    """Progress as one line for each process."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._ready: set[Child] = set()
        self._done = 0

    def starting(self, child: Child) -> None:
        """Only what takes long is announced."""
        if child.spec.note:
            self._console.print(f"        {child.spec.name} … {child.spec.note}", style="dim")

    def started(self, child: Child) -> None:
        """One line with its place in the count, its seconds and its addresses."""
        if child in self._ready:
            return  # it had ended, and is there again
        self._ready.add(child)
        self._done = len(self._ready)
        word = "done" if child.state is State.DONE else "ready"
        ports = " ".join(str(port.number) for port in child.spec.ports)
        self._console.print(
            f"[{self._done:>2}/{self._total}] {child.spec.name:<12} {word:<5} "
            f"{child.start_seconds:6.1f} s   {ports}",
            markup=False,
            highlight=False,
        )

    def failed(self, child: Child, problem: str, again: bool) -> None:
        """What it says of itself, and that the others go on."""
        self._console.print(
            f"\n{problem}", style="yellow", markup=False, highlight=False, soft_wrap=True
        )
        rest = "It is started again." if again else "All others run without it."
        self._console.print(f"  {rest}", style="yellow", highlight=False)

    def stopping(self, child: Child) -> None:
        """Said before, because a process may take its time."""
        self._console.print(f"stopping {child.spec.name} … ", end="", highlight=False)

    def stopped(self, child: Child, obeyed: bool) -> None:
        """Completes the line."""
        self._console.print(
            "ok" if obeyed else f"killed after {child.spec.grace_seconds:.0f} s", highlight=False
        )

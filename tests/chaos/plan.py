"""What a run does: how much, how long, which faults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Times in seconds; 0 leaves a fault out."""

    contacts_per_second: float = 50.0
    seconds: float = 180.0
    agents: int = 300
    nodes: int = 4
    routers: int = 3
    kill_router_every: float = 10.0
    pause_router_every: float = 17.0
    pause_seconds: float = 5.0
    desktop_streams_killed_per_second: float = 2.0
    node_streams_killed_per_second: float = 0.2
    fail_over_at: float = 0.5
    """Share of the run after which the store's master is killed; 0: never."""
    rolling: bool = False
    """Instead of being killed, each router is asked to stop once, in turn; the run lasts until all
    are back."""
    wait_replicas: int = 0
    break_fence: bool = False
    seed: int = 1
    settle_seconds: float = 180.0
    """Longest time for what still waits at the end to be served."""
    call_seconds: float = 2.0
    """How long a node waits for the answer to a call or an event; then it asks again."""
    chats: float = 0.25
    """Share of contacts that are chats."""
    late_accepts: float = 0.03
    """Share of offers that are accepted when their time is nearly or quite over."""


QUEUE_MS = {
    "ring_timeout": 3_000,
    "wrap_up": 500,
    "connect_timeout": 10_000,
    "max_wait": 120_000,
    "max_handle_time": 30_000,
}
CAPACITY = {"VOICE": 1, "CHAT": 3}
STAGE_MS = {
    "offered": QUEUE_MS["ring_timeout"],
    "assigned": QUEUE_MS["connect_timeout"],
    "active": QUEUE_MS["max_handle_time"],
    "wrap_up": QUEUE_MS["wrap_up"],
}
"""How long an agent may hold a contact at a stage: the router's own timers."""
STUCK_SECONDS = 20.0

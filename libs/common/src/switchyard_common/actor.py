"""Who asked for what is being done: kept with every change, so the event log is the audit trail."""

from contextvars import ContextVar

ACTOR: ContextVar[str] = ContextVar("actor", default="")
"""For instance "agent/1007" or "platform/pbx-1"; empty: the process itself, say a timer."""

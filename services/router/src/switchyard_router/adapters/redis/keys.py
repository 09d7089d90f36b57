"""Every key of the router, in one table.

All share the tenant's hash tag, so one script may touch any of them.

| key (behind the prefix) | type | holds | lives |
|---|---|---|---|
| contact:{id} | hash | state, times, agent, offer, detail, context | a day after its end |
| external:{id} | string | contact id of a live external id | while the contact lives |
| ended:{id} | string | contact id that had this external id last | a day after its end |
| live | zset | live contact ids by creation time | members leave at their end |
| waiting:{queue} | zset | queued contact ids by place (order_ms) | members leave with the state |
| offer:{id} | hash | contact, agent, state, fence, expiry | a day after its contact left it |
| agent:{id} | hash | configuration and live state | until deleted |
| held:{agent} | hash | contact id to "CHANNEL:stage" | fields leave with the contact |
| handled:{agent} | hash | "{queue}|{channel}|n" and "|ms" of conversations | for ever |
| residents | hash | number of live contacts by "queue:{id}" and "plan:{id}" | for ever |
| users:{kind}:{id} | set | "kind:id" of what names it: it cannot be deleted | for ever |
| queue:{id}, plan:{id} | hash | encoded message, version, times, what it uses | until deleted |
| queues, agents, plans | set | ids | until deleted |
| stats:{queue} | hash | counters since since_ms | until deleted |
| node:{id} | hash | lease, epoch and kind of a platform node | for ever |
| node_contacts:{id} | set | live contacts of a node | members leave at their end |
| seen:{source} | zset | the last 10,000 call events by time | a day after the last |
| request:{id} | hash | hash and result of a request | a day |
| timers | zset | "kind:id" by due time | members leave when they fire |
| beat | string | when timers ran last | for ever |
| mark | string | written to wait for replicas of what came before | for ever |
| forgiven_until | string | leases do not lapse before, after an outage | one lease |
| events | stream | the event log, trimmed | newest entries |
| wrong_models | set | versions of handle-time models that were found to be wrong | for ever |
| decision:{id} | string | encoded Decision | a day |
| decisions_by:all: | zset | "time:id" of kept decisions, at most ROUTER_MAX_DECISIONS | a day |
| decisions_by:{index}:{value} | zset | by contact (200), agent, queue, arm, degraded | a day |
"""

DAY_SECONDS = 24 * 3600


class Keys:
    """Builds keys of one tenant: `sy:{tenant}:...`, the braces being the hash tag."""

    def __init__(self, tenant: str) -> None:
        self.prefix = f"sy:{{{tenant}}}:"
        self.events = self.prefix + "events"
        self.live = self.prefix + "live"
        self.mark = self.prefix + "mark"
        self.timers = self.prefix + "timers"
        self.wrong_models = self.prefix + "wrong_models"

    def of(self, kind: str, resource_id: str) -> str:
        """Key of one thing, for instance of("contact", id)."""
        return f"{self.prefix}{kind}:{resource_id}"

    def ids(self, kind: str) -> str:
        """Key of the set of all ids of a kind: queue, agent or plan."""
        return f"{self.prefix}{kind}s"

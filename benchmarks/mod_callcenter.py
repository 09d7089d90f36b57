"""One pass of FreeSWITCH's mod_callcenter, emulated: its tables and queries on SQLite.

From its public source (src/mod/applications/mod_callcenter/mod_callcenter.c): three tables without
indexes; a thread that reads the waiting members by score and, for each, asks for the agents of the
queue in the strategy's order, takes the first who is free, and writes the offer with an UPDATE at a
time, each its own transaction. Like there, the database is a file that nothing waits for
(synchronous=OFF), and every statement is text that is parsed anew. Left out: telephony, threads,
locks and events, all of which it does besides.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE members (queue VARCHAR(255), system VARCHAR(255),
  uuid VARCHAR(255) NOT NULL DEFAULT '', session_uuid VARCHAR(255) NOT NULL DEFAULT '',
  cid_number VARCHAR(255), cid_name VARCHAR(255),
  system_epoch INTEGER NOT NULL DEFAULT 0, joined_epoch INTEGER NOT NULL DEFAULT 0,
  rejoined_epoch INTEGER NOT NULL DEFAULT 0, bridge_epoch INTEGER NOT NULL DEFAULT 0,
  abandoned_epoch INTEGER NOT NULL DEFAULT 0, base_score INTEGER NOT NULL DEFAULT 0,
  skill_score INTEGER NOT NULL DEFAULT 0, serving_agent VARCHAR(255), serving_system VARCHAR(255),
  state VARCHAR(255));
CREATE TABLE agents (name VARCHAR(255), system VARCHAR(255), uuid VARCHAR(255), type VARCHAR(255),
  contact VARCHAR(255), status VARCHAR(255), state VARCHAR(255),
  max_no_answer INTEGER NOT NULL DEFAULT 0, wrap_up_time INTEGER NOT NULL DEFAULT 0,
  reject_delay_time INTEGER NOT NULL DEFAULT 0, busy_delay_time INTEGER NOT NULL DEFAULT 0,
  no_answer_delay_time INTEGER NOT NULL DEFAULT 0, last_bridge_start INTEGER NOT NULL DEFAULT 0,
  last_bridge_end INTEGER NOT NULL DEFAULT 0, last_offered_call INTEGER NOT NULL DEFAULT 0,
  last_status_change INTEGER NOT NULL DEFAULT 0, no_answer_count INTEGER NOT NULL DEFAULT 0,
  calls_answered INTEGER NOT NULL DEFAULT 0, talk_time INTEGER NOT NULL DEFAULT 0,
  ready_time INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tiers (queue VARCHAR(255), agent VARCHAR(255), state VARCHAR(255),
  level INTEGER NOT NULL DEFAULT 1, position INTEGER NOT NULL DEFAULT 1);
"""
_MEMBERS = """
SELECT queue, uuid, session_uuid, cid_number, cid_name, joined_epoch,
  (? - joined_epoch) + base_score + skill_score AS score, state, abandoned_epoch FROM members
WHERE state = 'Waiting' OR state = 'Abandoned' OR (serving_agent = 'ring-all' AND state = 'Trying')
ORDER BY score DESC
"""
_AGENTS = """
SELECT system, name, status, contact, no_answer_count, max_no_answer, reject_delay_time,
  busy_delay_time, no_answer_delay_time, tiers.state, agents.last_bridge_end, agents.wrap_up_time,
  agents.state, agents.ready_time, tiers.position, tiers.level, agents.type, agents.uuid
FROM agents LEFT JOIN tiers ON (agents.name = tiers.agent)
WHERE tiers.queue = ? AND (agents.status = 'Available' OR agents.status = 'On Break'
  OR agents.status = 'Available (On Demand)')
ORDER BY level, agents.last_offered_call, position
"""
_TAKE = """
UPDATE members SET serving_agent = ?, serving_system = 'single_box', state = 'Trying'
WHERE state = 'Waiting' AND uuid = ? AND system = 'single_box'
"""
_WON = """
SELECT count(*) FROM members WHERE serving_agent = ? AND serving_system = 'single_box'
  AND uuid = ? AND system = 'single_box'
"""
_RECEIVING = """
UPDATE agents SET state = 'Receiving', last_offered_call = ?
WHERE name = ? AND system = 'single_box'
"""
_OFFERING = "UPDATE tiers SET state = 'Offering' WHERE agent = ? AND queue = ?"
_STANDBY = """
UPDATE tiers SET state = 'Standby' WHERE agent = ? AND NOT queue = ? AND state = 'Ready'
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A waiting caller. `joined`: epoch seconds."""

    uuid: str
    queue: str
    joined: int


@dataclass(frozen=True, slots=True)
class Agent:
    """A free agent. `offered`: epoch seconds of the last offer."""

    name: str
    queues: Sequence[str]
    offered: int


class ModCallcenter:
    """The tables, filled; one pass of the strategy longest-idle-agent."""

    def __init__(self, path: Path, agents: Sequence[Agent], members: Sequence[Member]) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=0)
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("PRAGMA temp_store=MEMORY")
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO agents (name, system, uuid, type, contact, status, state,"
            " last_offered_call) VALUES (?, 'single_box', '', 'callback', ?, 'Available',"
            " 'Waiting', ?)",
            [(agent.name, f"user/{agent.name}", agent.offered) for agent in agents],
        )
        self._db.executemany(
            "INSERT INTO tiers (queue, agent, state) VALUES (?, ?, 'Ready')",
            [(queue, agent.name) for agent in agents for queue in agent.queues],
        )
        self._db.executemany(
            "INSERT INTO members (queue, system, uuid, session_uuid, cid_number, cid_name,"
            " joined_epoch, serving_agent, serving_system, state)"
            " VALUES (?, 'single_box', ?, ?, '1', '1', ?, '', '', 'Waiting')",
            [(member.queue, member.uuid, member.uuid, member.joined) for member in members],
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def dispatch(self, now: int) -> dict[str, str]:
        """One turn of the dispatch thread: agent by member."""
        # Its callbacks run while the outer query does; rows are read first here, which is kinder.
        waiting = self._db.execute(_MEMBERS, (now,)).fetchall()
        served = {}
        for queue, uuid, *_ in waiting:
            name = self._offer(queue, uuid, now)
            if name:
                served[uuid] = name
        return served

    def _offer(self, queue: str, uuid: str, now: int) -> str:
        run = self._db.execute
        for row in run(_AGENTS, (queue,)):
            tier, bridged, wrap_up, state, ready = row[9:14]
            free = tier in ("No Answer", "Ready") and state == "Waiting"
            if not free or bridged >= now - wrap_up or ready > now or row[2] == "On Break":
                continue
            name: str = row[1]
            run(_TAKE, (name, uuid))
            if not run(_WON, (name, uuid)).fetchone()[0]:
                return ""
            run("SELECT count(*) FROM agents WHERE name = ?", (name,)).fetchone()
            run(_RECEIVING, (now, name))
            run(_OFFERING, (name, queue))
            run(_STANDBY, (name, queue))
            return name
        return ""

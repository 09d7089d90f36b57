"""deploy/asterisk without Asterisk: files read strictly, the dialplan played."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from switchyard.router.v1 import contact_service_pb2

from tests.fakes.phone.dialplan import (
    BadDialplan,
    Dialplan,
    Walk,
    options_of,
    read_dialplan,
    split,
)

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[3] / "deploy" / "asterisk"
CONTACT = "tenants/demo/contacts/7"
CALL = "1700000000.42"
REFERRED = {
    "SIPREFERTOHDR": f"sip:1001@10.0.0.20?X-Switchyard-Contact={CONTACT.replace('/', '%2F')}",
    "TRUNK_NUMBER": "4930555",
    "CALL": CALL,
}
_OPTIONS = {
    "transport": {"type", "protocol", "bind"},
    "endpoint": {
        *("type", "transport", "context", "disallow", "allow", "dtmf_mode", "send_pai"),
        *("trust_id_outbound", "allow_transfer", "refer_blind_progress", "direct_media"),
        *("rtp_symmetric", "aors", "auth"),
    },
    "aor": {"type", "max_contacts", "qualify_frequency", "qualify_2xx_only", "contact"},
    "auth": {"type", "auth_type", "username", "password"},
    "identify": {"type", "endpoint", "match"},
}
"""By Asterisk's own pjsip.conf.sample and reference."""


@pytest.fixture(scope="module")
def plan() -> Dialplan:
    return read_dialplan(FOLDER / "extensions.conf")


class Switch:
    """What Asterisk and the others answer: dials in turn, and the router's script."""

    def __init__(self, *dials: str, agi: tuple[str, ...] = ("ERROR",)) -> None:
        self.dials = list(dials)
        self.agi = list(agi)
        self.dialled: list[str] = []
        self.asked: list[str] = []
        self.handlers: list[Walk] = []

    def walk(self, plan: Dialplan, context: str, extension: str, **variables: str) -> Walk:
        answers = {
            "Answer": lambda *_: {},
            "StartMusicOnHold": lambda *_: {},
            "Wait": lambda *_: {},
            "NoOp": lambda *_: {},
            "AudioSocket": lambda *_: {},
            "Dial": self._dial,
            "AGI": self._ask,
            "Queue": lambda *_: {},
        }
        functions = {
            "CHANNEL": lambda _: "en",
            "PJSIP_HEADER": lambda _: "",
            "UUID": lambda _: CALL,
        }
        known = {"UNIQUEID": CALL, "HANGUPCAUSE": "17", **variables}
        return Walk(plan, answers, functions, context, extension, known).run()

    def _dial(self, walk: Walk, arguments: str) -> Mapping[str, str]:
        target, _, options = [*split(arguments), "", ""][:3]
        self.dialled.append(target)
        known = options_of(options)
        if "b" in known:  # context^extension^priority(arguments)
            where, _, given = known["b"].partition("(")
            context, extension, priority = where.split("^")
            assert priority == "1"
            self._handle(walk, context, extension, given[:-1].split(","))
        if "U" in known and "ANSWER" in self.dials[:1]:  # context^argument^…
            context, *values = known["U"].split("^")
            self._handle(walk, context, "s", values)
        return {"DIALSTATUS": self.dials.pop(0)}

    def _handle(self, walk: Walk, context: str, extension: str, given: list[str]) -> None:
        arguments = {f"ARG{n}": value for n, value in enumerate(given, 1)}
        handler = Walk(walk.plan, {"AGI": self._ask}, {}, context, extension, arguments)
        self.handlers.append(handler.run())

    def _ask(self, walk: Walk, arguments: str) -> Mapping[str, str]:
        self.asked.append(arguments)
        status = self.agi.pop(0) if "/route" in arguments else "OK"
        names = ("AGENT", "CONTACT", "OFFER", "FENCE", "SENT_TO", "REASON")
        found = {f"SWITCHYARD_{name}": "" for name in names}
        found |= {"SWITCHYARD_ENDPOINT": "PJSIP/1007", "SWITCHYARD_RING_SECONDS": "20"}
        return {**found, "SWITCHYARD_STATUS": status, "AGISTATUS": "SUCCESS"}


def test_a_call_goes_to_the_first_phone_with_its_name(plan: Dialplan) -> None:
    switch = Switch("ANSWER", "CONGESTION", "BUSY")
    switch.walk(plan, "from-trunk", "4930555")
    assert switch.dialled[0] == "PJSIP/4930555@switchyard-1"
    done = dict(switch.handlers[0].done)
    assert ("Set", f"PJSIP_HEADER(add,X-Switchyard-Call)={CALL}") in switch.handlers[0].done
    assert done["Set"] == "TRANSFER_CONTEXT=switchyard-agents"


@pytest.mark.parametrize("status", ["CHANUNAVAIL", "CONGESTION", "BUSY", "NOANSWER"])
def test_when_the_first_phone_does_not_take_it_the_second_does(plan: Dialplan, status: str) -> None:
    switch = Switch(status, "ANSWER", "BUSY")
    switch.walk(plan, "from-trunk", "+4930555")
    assert switch.dialled[:2] == ["PJSIP/4930555@switchyard-1", "PJSIP/4930555@switchyard-2"]


def test_without_any_phone_the_router_finds_an_agent(plan: Dialplan) -> None:
    switch = Switch("CHANUNAVAIL", "CHANUNAVAIL", "ANSWER", agi=("OFFER",))
    switch.walk(plan, "from-trunk", "4930555")
    assert switch.dialled[2] == "PJSIP/1007"
    assert "/route?queue=" in switch.asked[0]
    assert "/event/AGENT_HANGUP" in switch.asked[-1]


def test_a_transferred_caller_reaches_the_agent_with_the_contact(plan: Dialplan) -> None:
    switch = Switch("ANSWER", "ANSWER")
    switch.walk(plan, "switchyard-agents", "1001", **REFERRED)
    assert switch.dialled == ["PJSIP/1001", "PJSIP/survey@switchyard-1"]
    told, named = switch.handlers
    assert ("Set", f"PJSIP_HEADER(add,X-Switchyard-Contact)={CONTACT}") in told.done
    assert ("Set", f"PJSIP_HEADER(add,X-Switchyard-Call)={CALL}") in named.done


def test_a_transferred_caller_whose_agent_does_not_answer_gets_the_next(plan: Dialplan) -> None:
    switch = Switch("NOANSWER", "ANSWER", agi=("OFFER",))
    switch.walk(plan, "switchyard-agents", "1001", **REFERRED)
    assert switch.dialled == ["PJSIP/1001", "PJSIP/1007"]


def test_a_call_of_the_bots_own_that_fails_tells_the_bot_why(plan: Dialplan) -> None:
    switch = Switch("BUSY")
    walk = switch.walk(plan, "switchyard-agents", "1001")
    assert walk.done[-1] == ("Hangup", "17")
    assert not switch.asked


def test_bots_reach_agents_only(plan: Dialplan) -> None:
    for number in ("004930555", "911", "10010", "survey"):
        with pytest.raises(BadDialplan, match=f"no extension {number}"):
            Switch("ANSWER").walk(plan, "switchyard-agents", number)


@pytest.mark.parametrize("status", ["CHANUNAVAIL", "CONGESTION"])
def test_the_survey_is_asked_by_the_phone_that_lives(plan: Dialplan, status: str) -> None:
    switch = Switch("ANSWER", status, "ANSWER")
    switch.walk(plan, "switchyard-agents", "1001", **REFERRED)
    assert switch.dialled[2] == "PJSIP/survey@switchyard-2"


def test_nobody_is_asked_where_there_is_no_survey(plan: Dialplan) -> None:
    switch = Switch("ANSWER")
    switch.walk(plan, "switchyard-agents", "1001", **REFERRED, SURVEY="")
    assert switch.dialled == ["PJSIP/1001"]


def test_by_audiosocket_who_wanted_a_person_gets_the_one_for_the_bots_contact(
    plan: Dialplan,
) -> None:
    wanted = Switch("ANSWER", agi=("OFFER",))
    walk = wanted.walk(plan, "switchyard-audiosocket", "4930555")
    assert wanted.dialled == ["PJSIP/1007"]
    assert f"/route?queue=&call={CALL}&" in wanted.asked[0]
    # The same name connects again for the survey.
    connected = [arguments for application, arguments in walk.done if application == "AudioSocket"]
    assert connected == [f"{CALL},10.0.0.11:7109"] * 2


def test_by_audiosocket_who_was_served_by_the_bot_is_not_queued(plan: Dialplan) -> None:
    served = Switch(agi=("NONE",))
    assert served.walk(plan, "switchyard-audiosocket", "4930555").over
    assert served.dialled == []


@pytest.mark.parametrize("context", ["switchyard-audiosocket", "switchyard"])
def test_by_audiosocket_who_hangs_up_before_the_router_was_asked_is_taken_out(
    plan: Dialplan, context: str
) -> None:
    left = Switch()
    walk = Walk(plan, {"AGI": left._ask, "NoOp": lambda *_: {}}, {}, context, "h")
    walk.variables |= {"CALL": CALL, "JOINS": CALL}
    steps = plan.find(context, "h")
    while walk.at < len(steps):  # an h ends where its steps do
        walk._do(steps[walk.at])
    assert left.asked == [f"agi://127.0.0.1:4573/event/HANGUP?call={CALL}"]


@pytest.mark.parametrize("status", ["EXPIRED", "CANCELLED", "ABANDONED", "HANGUP"])
def test_every_end_of_waiting_is_known_to_the_dialplan(plan: Dialplan, status: str) -> None:
    switch = Switch(agi=(status,))
    assert switch.walk(plan, "switchyard", "4930555").over


def test_a_router_that_drains_is_left_for_the_next(plan: Dialplan) -> None:
    switch = Switch("ANSWER", agi=("ERROR", "OFFER"))
    switch.walk(plan, "switchyard", "4930555")
    assert [asked.split("/")[2] for asked in switch.asked[:2]] == [
        "127.0.0.1:4573",
        "127.0.0.1:4574",
    ]


def test_the_advisory_way_keeps_the_own_queue(plan: Dialplan) -> None:
    switch = Switch(agi=())
    walk = switch.walk(plan, "switchyard-advice", "4930555", SWITCHYARD_STATUS="NOBODY")
    assert ("Queue", "billing") in walk.done


def test_events_are_the_routers(plan: Dialplan) -> None:
    text = (FOLDER / "extensions.conf").read_text()
    known = {*contact_service_pb2.CallEventType.keys(), "HANGUP", "${EVENT}"}
    named = set(re.findall(r"/event/([\w${}]+)", text))
    assert named <= known
    assert {"BUSY", "NO_ANSWER", "UNREACHABLE"} <= known


def sections() -> list[tuple[str, dict[str, str]]]:
    """Sections of pjsip.conf with their templates' options."""
    found: list[tuple[str, dict[str, str]]] = []
    templates: dict[str, dict[str, str]] = {}
    options: dict[str, str] = {}
    for line in (FOLDER / "pjsip.conf").read_text().splitlines():
        text = line.partition(";")[0].strip()
        if head := re.fullmatch(r"\[([\w-]+)\](?:\(([\w!-]+)\))?", text):
            name, template = head.groups(default="")
            options = dict(templates[template]) if template not in ("", "!") else {}
            if template == "!":
                templates[name] = options
            else:
                found.append((name, options))
        elif text:
            option, sign, value = (part.strip() for part in text.partition("="))
            assert sign, text
            options[option] = value
    return found


def test_every_option_of_pjsip_is_one_of_its_section() -> None:
    for name, options in sections():
        assert set(options) <= _OPTIONS[options["type"]], name


def test_what_is_named_in_pjsip_exists(plan: Dialplan) -> None:
    by_type: dict[str, set[str]] = {}
    for name, options in sections():
        by_type.setdefault(options["type"], set()).add(name)
    for _, options in sections():
        for option, kind in (("aors", "aor"), ("auth", "auth"), ("endpoint", "endpoint")):
            assert option not in options or options[option] in by_type[kind]
        assert options.get("transport", "transport-udp") in by_type["transport"]
        assert options.get("context", "from-trunk") in plan.contexts
    assert {plan.variables["PHONE_1"], plan.variables["PHONE_2"]} <= by_type["endpoint"]

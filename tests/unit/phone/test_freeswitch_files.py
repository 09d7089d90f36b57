"""deploy/freeswitch without FreeSWITCH: well-formed, and whatever is named exists."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import pytest

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parents[3] / "deploy" / "freeswitch"
_APPLICATIONS = {"set", "unset", "bridge", "respond", "hangup", "transfer"}
_GATEWAY = {"proxy", "realm", "username", "register", "caller-id-in-from", "ping"}
_PROFILE = {
    *("sip-ip", "rtp-ip", "sip-port", "auth-calls", "apply-inbound-acl", "dialplan", "context"),
    *("inbound-codec-prefs", "outbound-codec-prefs", "dtmf-type", "rfc2833-pt", "caller-id-type"),
    *("manage-presence", "rtp-timer-name", "rtp-timeout-sec"),
}
_CHANNEL = {"uuid", "originate_disposition", "sip_h_X-Switchyard-Contact"}
"""Variables that FreeSWITCH sets."""


def read(name: str) -> Element:
    root = parse(FOLDER / name).getroot()
    assert root is not None
    return root


@pytest.fixture(scope="module")
def profile() -> Element:
    return read("sip_profiles/switchyard.xml")


@pytest.fixture(scope="module")
def dialplan() -> Element:
    return read("dialplan/switchyard.xml")


def params(element: Element) -> dict[str, str]:
    return {each.attrib["name"]: each.attrib["value"] for each in element.findall("param")}


def actions(dialplan: Element) -> list[tuple[str, str]]:
    found = [*dialplan.iter("action"), *dialplan.iter("anti-action")]
    return [(each.attrib["application"], each.attrib.get("data", "")) for each in found]


def test_every_setting_of_the_profile_is_one_of_freeswitch(profile: Element) -> None:
    settings = profile.find("settings")
    assert settings is not None
    assert set(params(settings)) == _PROFILE
    for gateway in profile.iter("gateway"):
        assert set(params(gateway)) == _GATEWAY


def test_the_profile_lets_the_phones_in_and_nobody_else(profile: Element) -> None:
    (allowed,) = read("autoload_configs/acl.conf.xml").iter("list")
    settings = profile.find("settings")
    assert settings is not None
    assert params(settings)["apply-inbound-acl"] == allowed.attrib["name"]
    assert allowed.attrib["default"] == "deny"
    phones = {params(gateway)["proxy"].split(":")[0] for gateway in profile.iter("gateway")}
    assert {each.attrib["cidr"] for each in allowed} == {f"{phone}/32" for phone in phones}


def test_every_gateway_that_is_dialled_exists(profile: Element, dialplan: Element) -> None:
    known = {gateway.attrib["name"] for gateway in profile.iter("gateway")}
    dialled = {
        name
        for _, data in actions(dialplan)
        for name in re.findall(r"sofia/gateway/([\w-]+)/", data)
    }
    assert dialled == known


def test_every_context_that_is_named_exists(profile: Element, dialplan: Element) -> None:
    known = {context.attrib["name"] for context in dialplan.iter("context")}
    texts = [data for _, data in actions(dialplan)]
    named = {name for text in texts for name in re.findall(r"XML[ :](\w+)$", text)}
    named |= {text.partition("=")[2] for text in texts if text.startswith("force_transfer_context")}
    settings = profile.find("settings")
    assert settings is not None
    assert named | {params(settings)["context"]} == known


def test_applications_and_variables_are_known(dialplan: Element) -> None:
    told = actions(dialplan)
    assert {application for application, _ in told} <= _APPLICATIONS
    assigned = {data.partition("=")[0] for application, data in told if application == "set"}
    texts = [data for _, data in told]
    texts += [each.attrib["field"] for each in dialplan.iter("condition")]
    used = {name for text in texts for name in re.findall(r"(?<!\$)\$\{([\w-]+)\}", text)}
    assert used <= assigned | _CHANNEL


@pytest.mark.parametrize(
    ("context", "number", "extension"),
    [
        ("switchyard", "survey", "survey"),
        ("switchyard", "4930555", "bot"),
        ("switchyard", "+4930555", "bot"),
        ("switchyard_agents", "1001", "agent"),
        ("switchyard_agents", "survey", ""),
        ("switchyard_agents", "004930555", ""),
        ("switchyard_agents", "10010", ""),
    ],
)
def test_numbers_lead_where_they_should(
    dialplan: Element, context: str, number: str, extension: str
) -> None:
    (known,) = [each for each in dialplan.iter("context") if each.attrib["name"] == context]
    led = ""
    for each in known:
        condition = each.find("condition")
        assert condition is not None
        assert condition.attrib["field"] == "destination_number"
        if re.search(condition.attrib["expression"], number):
            led = led or each.attrib["name"]
    assert led == extension


def test_the_bot_is_told_the_call_and_the_agent_the_contact(dialplan: Element) -> None:
    bridges = [data for application, data in actions(dialplan) if application == "bridge"]
    told = [dict(re.findall(r"(sip_h_[\w-]+)=(\$\{[^}]*\})", data)) for data in bridges]
    call, contact = "sip_h_X-Switchyard-Call", "sip_h_X-Switchyard-Contact"
    assert told == [
        {call: "${switchyard_call}"},
        {call: "${uuid}"},
        {contact: "${sip_h_X-Switchyard-Contact}"},
    ]

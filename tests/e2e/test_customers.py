"""Customers of the whole: looked up by people, and in no log of any process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from tests.fakes.launcher.running import Switchyard

pytestmark = pytest.mark.e2e

_SHORTEST = 9
"""Shorter runs of digits are found in times and counters by chance."""


def customers(switchyard: Switchyard) -> list[dict[str, Any]]:
    lines = (switchyard.state_dir / "demo" / "customers.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def whois(switchyard: Switchyard, who: str, lang: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("switchyard")), "crm", "whois", who, "--lang", lang],
        env={**os.environ, "SWITCHYARD_CRM": switchyard.target("CRM_PORT")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_a_person_finds_out_who_calls_in_both_languages(switchyard: Switchyard) -> None:
    alone = [each for each in customers(switchyard) if each["phones"] and each["orders"]]
    shown = whois(switchyard, alone[0]["orders"][0]["number"], "en")
    assert alone[0]["name"] in shown
    assert "Orders" in shown
    shown = whois(switchyard, alone[1]["orders"][0]["number"], "zh")
    assert alone[1]["name"] in shown
    assert "订单" in shown


def secrets(documents: list[dict[str, Any]]) -> set[str]:
    """Telephone numbers without country code, and e-mail addresses."""
    numbers = (phonenumbers.parse(each, "CN") for one in documents for each in one["phones"])
    addresses = {each.lower() for one in documents for each in one["emails"]}
    return {str(number.national_number) for number in numbers} | addresses


def test_no_log_holds_a_customers_number_or_address(switchyard: Switchyard) -> None:
    documents = customers(switchyard)
    for document in documents[:3]:
        for known in (*document["phones"], *document["emails"]):
            assert document["name"] in whois(switchyard, known, "en")
    wanted = {secret for secret in secrets(documents) if len(secret) >= _SHORTEST}
    assert len(wanted) > 100
    logs = [*(switchyard.state_dir / "logs").iterdir(), switchyard.output]
    assert len(logs) > 6
    for log in logs:
        text = log.read_text(errors="replace").lower()
        plain = re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", text)
        assert not [secret for secret in wanted if secret in text or secret in plain], log.name

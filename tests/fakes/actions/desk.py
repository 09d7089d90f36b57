"""The flows that need no account, over systems in memory, and a talk with them."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from switchyard_actions.adapters.knowledge import load_knowledge
from switchyard_actions.domain.language import Language
from switchyard_actions.flows.registry import all_flows
from switchyard_actions.flows.systems import Systems
from switchyard_actions.service.engine import Engine
from switchyard_actions.service.flows import Flows
from switchyard_actions.service.limits import Limits

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.callbacks import FakeCallbacks, FakeCallPermissions
from tests.fakes.actions.cases import FakeCases
from tests.fakes.actions.company import FakeVerifier
from tests.fakes.actions.talk import Talk, the_texts
from tests.fakes.actions.visits import FakeVisits

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 25, 10, 30, tzinfo=SHANGHAI)
KNOWLEDGE = Path(__file__).parents[3] / "services/ivr_bot/bot/knowledge"
LIN = "tenants/demo/customers/lin"
MOBILE = "+8613812345678"


@dataclass
class Desk:
    """Everything behind the flows; `now` is what the clock of the company says."""

    now: datetime = WEDNESDAY
    cases: FakeCases = field(default_factory=FakeCases)
    callbacks: FakeCallbacks = field(default_factory=FakeCallbacks)
    permissions: FakeCallPermissions = field(default_factory=FakeCallPermissions)

    def __post_init__(self) -> None:
        self.visits = FakeVisits(lambda: self.now)

    def talk(self, language: Language = Language.ENGLISH, channel: str = "chat") -> Talk:
        """A new conversation."""
        systems = Systems(
            verifier=FakeVerifier(),
            accounts=FakeAccounts(self.now.date()),
            cases=self.cases,
            visits=self.visits,
            callbacks=self.callbacks,
            permissions=self.permissions,
            knowledge=load_knowledge(KNOWLEDGE),
            texts=the_texts(),
            now=lambda: self.now,
            country="CN",
        )
        limits = Limits()
        flows = Flows(all_flows(systems), limits.likeness)
        return Talk(Engine(flows, the_texts(), limits), language, channel)

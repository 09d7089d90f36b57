"""What all flows share that read a verified customer's account."""

from abc import abstractmethod
from typing import ClassVar, override

from switchyard_actions.domain.dialogue import Task
from switchyard_actions.domain.flow import Flow, Result, Scene, Unavailable, Unproven
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.service.accounts import Declined
from switchyard_actions.service.ports import Unavailable as NoAnswer


class OfAccount(Flow):
    """Says what there is when the account system does not answer or knows the customer no more."""

    level: ClassVar[VerificationLevel] = VerificationLevel.VERIFIED

    @override
    async def perform(self, task: Task, scene: Scene) -> Result:
        try:
            return await self.look_up(task, scene)
        except NoAnswer as error:
            return Unavailable(error.what)
        except Declined:  # the customer is no longer there under that name
            return Unproven()

    @abstractmethod
    async def look_up(self, task: Task, scene: Scene) -> Result:
        """Reads the account and answers. May raise Unavailable and Declined of the port."""

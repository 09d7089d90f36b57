"""Talks with the dialogue engine as a customer, with what the bot would have understood."""

import json
from dataclasses import dataclass, field, replace
from functools import cache

from switchyard_actions.adapters.texts import load_texts
from switchyard_actions.domain.dialogue import Dialogue
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import HandOver
from switchyard_actions.domain.texts import Texts
from switchyard_actions.domain.verification import Proof, VerificationLevel
from switchyard_actions.service.engine import Engine, Turn


@cache
def the_texts() -> Texts:
    """The texts of the package, read once: they do not change."""
    return load_texts()


@dataclass
class Talk:
    """One conversation; `told` is everything the bot has said so far."""

    engine: Engine
    language: Language = Language.ENGLISH
    channel: str = "chat"
    dialogue: Dialogue = field(default_factory=Dialogue)
    texts: Texts = field(default_factory=the_texts)
    told: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)

    def verified(self, customer: str, proof: Proof = Proof.CODE) -> "Talk":
        """The customer has proven who they are."""
        self.dialogue = replace(
            self.dialogue,
            level=VerificationLevel.VERIFIED,
            customer=customer,
            proof=proof.value,
        )
        return self

    async def say(self, words: str, intent: str = "give_details", **entities: str) -> str:
        """One message of the customer; the bot's answer, its messages joined by line breaks."""
        heard = Heard(
            intent=intent,
            language=self.language,
            text=words,
            said=words,
            entities={name: tuple(value.split("|")) for name, value in entities.items()},
            channel=self.channel,
            conversation="conv-1",
        )
        return await self.hear(heard)

    async def event(self, name: str, **facts: object) -> str:
        """Something the channel reports; the bot's answer."""
        return await self.hear(Heard(name, self.language, facts=facts, conversation="conv-1"))

    async def hear(self, heard: Heard) -> str:
        """One turn; the bot's answer."""
        turn = await self.engine.turn(self.dialogue, heard)
        self.dialogue = turn.dialogue
        self.language = turn.language
        self.turns.append(turn)
        answer = "\n".join(self.texts.render(say, turn.language) for say in turn.says)
        self.told.append(answer)
        return answer

    @property
    def choices(self) -> list[str]:
        """Titles of the quick replies beside the last answer."""
        return [
            self.texts.title(choice, self.language)
            for say in self.turns[-1].says
            for choice in say.choices
        ]

    @property
    def handed_over(self) -> HandOver | None:
        """The hand-over of the last turn, if there was one."""
        notices = (one for one in self.turns[-1].notices if isinstance(one, HandOver))
        return next(notices, None)

    @property
    def remembered(self) -> str:
        """All that is kept between two turns."""
        return json.dumps(repr(self.dialogue), ensure_ascii=False)

"""How the parts of the phone fit together; main.py calls it, nothing else does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
from redis.asyncio import Redis
from switchyard_common.clock import Clock
from switchyard_common.errors import StartError
from switchyard_common.http_post import HttpPost
from switchyard_common.telephone import e164
from switchyard_platform.names import Names
from switchyard_platform.node import PlatformNode

from switchyard_phone.adapters.bot.rasa import RasaDialogue
from switchyard_phone.adapters.crm import CrmCustomers
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.adapters.metrics import PhoneMetrics
from switchyard_phone.adapters.redis.bot_events import QueuedBotEvents
from switchyard_phone.adapters.redis.keys import Keys
from switchyard_phone.adapters.redis.passed_on import RedisPassedOn
from switchyard_phone.adapters.redis.reports import Reports
from switchyard_phone.adapters.redis.surveys import RedisSurveys
from switchyard_phone.adapters.router.convert import Queues
from switchyard_phone.adapters.router.node import NodeRules, RouterNode
from switchyard_phone.adapters.router.passed_on import NoMemory
from switchyard_phone.adapters.router.served import RouterContacts
from switchyard_phone.adapters.sip.exchange import SipLine
from switchyard_phone.adapters.voices.choice import KokoroFiles, NoVoice
from switchyard_phone.adapters.voices.clip_files import ClipFiles, RecordedFiles
from switchyard_phone.adapters.voices.sound_files import BadSound, from_wav, telephone
from switchyard_phone.domain.caller import Caller
from switchyard_phone.domain.ladder import Ladder, Ladders
from switchyard_phone.domain.menus import Menus
from switchyard_phone.domain.music import tune
from switchyard_phone.domain.survey import SurveyScript
from switchyard_phone.domain.waiting import WaitingWords
from switchyard_phone.service.bot_account import BotEvents
from switchyard_phone.service.call import CallTools
from switchyard_phone.service.due_survey import DueSurvey, SurveyRules
from switchyard_phone.service.ears import Ears
from switchyard_phone.service.find_person import Hold
from switchyard_phone.service.prompts import Prompts, Sounds
from switchyard_phone.service.recognition import Recognizer
from switchyard_phone.service.survey_call import SurveyTools
from switchyard_phone.service.voices import Synthesizer
from switchyard_phone.settings import PhoneSettings
from switchyard_phone.voice_wiring import speeches

_AGENT_SECONDS = 18.0


@dataclass(frozen=True, slots=True)
class Outside:
    """What the process talks to."""

    bot: HttpPost
    router: grpc.aio.Channel
    crm: grpc.aio.Channel
    voice: Synthesizer
    store: Redis | None = None
    recognizer: Recognizer | None = None


def sip_line(settings: PhoneSettings) -> SipLine:
    """How the SIP line is set up."""
    return SipLine(
        host=str(settings.sip_host),
        port=settings.sip_port,
        rtp_ports=settings.rtp_ports,
        may_call=settings.may_call,
        codecs=settings.codecs,
        told_host=str(settings.advertised_host or ""),
        calls_at_once=settings.calls_at_once,
        calls_per_second=settings.calls_per_second,
        silence_seconds=settings.silence_seconds,
    )


def kokoro_files(settings: PhoneSettings) -> KokoroFiles | None:
    """Kokoro's files, if they are set."""
    python, model, voices = settings.kokoro_python, settings.kokoro_model, settings.kokoro_voices
    if python is None or model is None or voices is None:
        return None
    return KokoroFiles(python, model, voices)


def router_node(
    settings: PhoneSettings,
    node: PlatformNode,
    outside: Outside,
    clock: Clock,
    new_id: Callable[[], str],
) -> RouterNode:
    """The phone as a node of the router."""
    rules = NodeRules(
        queues=Queues(settings.default_queue, settings.queues),
        callback_node=settings.callback_node,
        call_when=settings.call_agents,
    )
    names, store = Names(settings.tenant), outside.store
    keys = Keys(settings.tenant)
    memory = NoMemory() if store is None else RedisPassedOn(store, keys, settings.node)
    return RouterNode(node, outside.router, names, rules, clock, new_id, memory)


def bot_events(
    settings: PhoneSettings, outside: Outside, metrics: PhoneMetrics
) -> QueuedBotEvents | None:
    """Where calls report what they came to with the bot; None where nothing is kept."""
    if outside.store is None:
        return None
    reports = Reports(outside.store, Keys(settings.tenant), settings.max_events)
    return QueuedBotEvents(reports, metrics.event_lost)


def survey_tools(
    settings: PhoneSettings, outside: Outside, node: PlatformNode, tools: CallTools
) -> SurveyTools | None:
    """What surveys need; None where nobody is asked. With the menus and voices of the calls."""
    if outside.store is None or not settings.survey_number:
        return None
    names = Names(settings.tenant)
    ledger = RedisSurveys(outside.store, Keys(settings.tenant), settings.max_events)
    rules = SurveyRules(
        number=settings.survey_number,
        queues=frozenset(names.of("queues", queue) for queue in settings.survey_queues),
        seconds=60 * settings.survey_minutes,
    )
    contacts = RouterContacts(outside.router, node, names, tools.clock)
    return SurveyTools(
        due=DueSurvey(contacts, ledger, rules),
        script=SurveyScript(tools.menus),
        ledger=ledger,
        prompts=tools.prompts,
        meter=tools.meter,
        clock=tools.clock,
    )


def call_tools(
    settings: PhoneSettings,
    outside: Outside,
    routing: RouterNode,
    metrics: PhoneMetrics,
    clock: Clock,
    new_id: Callable[[], str],
    bot_events: BotEvents,
) -> CallTools:
    """What all calls share. BadMenus, BadTextFile, OSError; StartError without any prompt."""
    menus = load(settings.menus)
    return CallTools(
        menus=menus,
        caller=Caller(menus, speech=outside.recognizer is not None, ladders=_ladders(settings)),
        prompts=_prompts(settings, menus, outside.voice),
        dialogue=RasaDialogue(outside.bot, clock, settings.bot_patience_seconds),
        routing=routing,
        customers=CrmCustomers(outside.crm, settings.tenant, settings.crm_seconds),
        words=WaitingWords(menus),
        meter=metrics,
        clock=clock,
        new_id=new_id,
        number=lambda text: e164(text, settings.country),
        hold=Hold(_music(settings.music)),
        ears=Ears(
            outside.recognizer,
            metrics,
            clock,
            settings.speech_retry_seconds,
            settings.speech_echo_db,
        ),
        bot_events=bot_events,
        attended=settings.transfer == "attended",
        ring_seconds=settings.ring_seconds,
    )


def _ladders(settings: PhoneSettings) -> Ladders:
    return Ladders(
        phrases=Ladder(settings.speech_accept, settings.speech_confirm),
        words=Ladder(settings.speech_words_accept, settings.speech_words_confirm),
    )


def _prompts(settings: PhoneSettings, menus: Menus, voice: Synthesizer) -> Prompts:
    clips = ClipFiles(settings.prompts)
    recordings = RecordedFiles(settings.recordings)
    spoken = speeches(menus, settings.texts)
    if isinstance(voice, NoVoice):
        first = menus.languages[0]
        greeting = menus.greeting[first]
        if (
            recordings.get(greeting, first) is None
            and clips.get(greeting, first, clips.voice) is None
        ):
            raise StartError(
                "callers would hear nothing: install espeak-ng (apt-get install espeak-ng), or "
                "make prompts where there is a voice (make prompts) and set PHONE_PROMPTS to them"
            )
    return Prompts(spoken, Sounds(recordings, clips, voice))


def _music(path: Path | None) -> bytes:
    if path is None:
        return tune()
    try:
        samples, rate = from_wav(path.read_bytes())
    except (OSError, BadSound) as error:
        raise StartError(f"PHONE_MUSIC: cannot play {path} ({error})") from error
    return telephone(samples, rate)

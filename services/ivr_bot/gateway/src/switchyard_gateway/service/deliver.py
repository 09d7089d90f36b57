"""Brings what is said in conversations to the customers of channels, in order and at least once.

The queue of each customer is their conversation's log, which is bounded; how far it was delivered
is stored, so a process that dies loses nothing. Whoever holds a customer's lease delivers to them.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from switchyard_common.clock import Clock

from switchyard_gateway.domain.channels import Delivery, Outcome, Peer, PeerKey, for_customer
from switchyard_gateway.domain.conversation import EntryId, Message
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.service.channels import Channel, ChannelObserver, Peers
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.store import Transcript

_LEASE_SECONDS = 30.0
_PAGE = 100
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
# A follower that has nothing to do for so long makes room; the next look takes up what comes later.
_QUIET_SECONDS = 1800.0


class DeliverToPeers:
    """One follower for each customer of a channel that this process delivers to.

    `at_once` bounds them; the others wait in the store until one is idle. A message that cannot
    be delivered for `give_up_seconds` is dropped and counted.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        peers: Peers,
        transcript: Transcript,
        feed: Feed,
        observer: ChannelObserver,
        clock: Clock,
        owner: str,
        at_once: int,
        give_up_seconds: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._channels = channels
        self._peers = peers
        self._transcript = transcript
        self._feed = feed
        self._observer = observer
        self._clock = clock
        self._owner = owner
        self._at_once = at_once
        self._give_up_seconds = give_up_seconds
        self._jitter = jitter
        self._followers: dict[PeerKey, asyncio.Task[None]] = {}
        self._turns: dict[PeerKey, asyncio.Lock] = {}
        self._kicks: dict[PeerKey, asyncio.Event] = {}
        self._log = structlog.stdlib.get_logger()

    def kick(self, key: PeerKey) -> None:
        """Something may be to deliver to this customer; never waits."""
        if key in self._followers:
            self._kicks[key].set()
        elif len(self._followers) < self._at_once:
            self._kicks[key] = asyncio.Event()
            self._followers[key] = asyncio.create_task(self._serve(key), name=f"peer-{key}")
            self._observer.followers(len(self._followers))

    async def take_up(self) -> None:
        """Follow whom nobody does, for instance after a restart. StoreDown."""
        for key in await self._peers.active():
            if key not in self._followers:
                self.kick(key)

    async def stop(self) -> None:
        """End all followers; others may go on at once."""
        followed = dict(self._followers)
        for task in followed.values():
            task.cancel()
        if followed:
            await asyncio.wait(followed.values())
        for key in followed:
            try:
                await self._peers.release(key, self._owner)
            except StoreDown:  # it lapses by itself
                self._log.warning("leases_left_behind", count=len(followed))
                return

    @asynccontextmanager
    async def turn(self, key: PeerKey) -> AsyncGenerator[bool]:
        """Deliver by oneself, as an answer to a request; False: somebody else is at it elsewhere.

        While the block lasts no follower sends anything to this customer.
        """
        async with self._lock(key):
            yield await self._peers.lease(key, self._owner, _LEASE_SECONDS)

    async def pending(self, peer: Peer) -> tuple[Message, ...]:
        """What the customer has not got, oldest first. StoreDown."""
        entries = await self._transcript.read(peer.conversation, peer.delivered, _PAGE)
        said = (each for each in entries if isinstance(each, Message))
        theirs = [each for each in said if for_customer(each)]
        return tuple([await self._transcript.whole(peer.conversation, each) for each in theirs])

    async def note(self, peer: Peer, delivery: Delivery, sent: tuple[Message, ...]) -> None:
        """Store and count what came of sending these. StoreDown."""
        channel = peer.address.channel
        went = [each for each in sent if _reached(each.id, delivery)]
        for _ in went:
            self._observer.channel_message(channel, "out", Outcome.DELIVERED)
        if delivery.outcome is not Outcome.DELIVERED:
            self._observer.channel_message(channel, "out", delivery.outcome)
        upto = delivery.delivered or peer.delivered
        offered = went[-1].choices if went else peer.offered
        held = delivery.outcome is Outcome.HELD
        if upto != peer.delivered or held != peer.held:
            await self._peers.delivered(peer, upto, offered, held=held)

    def _lock(self, key: PeerKey) -> asyncio.Lock:
        if len(self._turns) > 2 * self._at_once:
            self._turns = {each: lock for each, lock in self._turns.items() if lock.locked()}
        return self._turns.setdefault(key, asyncio.Lock())

    async def _serve(self, key: PeerKey) -> None:
        try:
            if await self._peers.lease(key, self._owner, _LEASE_SECONDS):
                await self._follow(key)
                await self._peers.release(key, self._owner)
        except StoreDown:  # the next look takes it up again
            self._log.warning("delivery_waits_for_store")
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001  # logged; the other customers are served
            self._log.exception("delivery_crashed")
        finally:
            del self._followers[key]
            del self._kicks[key]
            self._observer.followers(len(self._followers))

    async def _follow(self, key: PeerKey) -> None:
        """Until nothing has happened for long, or nothing can be sent for now."""
        going = True
        while going:
            peer = await self._peers.find(key)
            if peer is None:
                return
            async with self._rung(peer) as rings:
                going = await self._through(peer, rings)

    async def _through(self, peer: Peer, rings: AsyncIterator[None]) -> bool:
        """Deliver one conversation; whether the customer has begun another one."""
        key = peer.address.key
        async for _ in rings:
            if not await self._peers.lease(key, self._owner, _LEASE_SECONDS):
                return False
            newest = await self._peers.find(key)
            if newest is not None and newest.conversation != peer.conversation:
                return True
            if not await self._deliver(key):
                return False
        return False

    @asynccontextmanager
    async def _rung(self, peer: Peer) -> AsyncGenerator[AsyncIterator[None]]:
        """Once at first, then whenever there may be something new; ends after a quiet while."""
        kick = self._kicks[peer.address.key]
        listener = asyncio.create_task(self._listen(peer, kick), name=f"feed-{peer.address.key}")
        try:
            yield _rings(kick)
        finally:
            listener.cancel()
            await asyncio.wait((listener,))

    async def _listen(self, peer: Peer, kick: asyncio.Event) -> None:
        while True:
            try:
                async with self._feed.watch(peer.conversation, peer.delivered) as live:
                    async for _ in live:
                        kick.set()
                return  # the process is stopping
            except StoreDown:  # the follower looks by itself now and then
                await asyncio.sleep(_FIRST_PAUSE_SECONDS)

    async def _deliver(self, key: PeerKey) -> bool:
        """Send what there is, again and again if need be; whether to go on following."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            async with self._lock(key):
                delivery, waiting = await self._send(key)
            if delivery is None or delivery.outcome is Outcome.HELD:
                return waiting and delivery is None
            if delivery.outcome is Outcome.DELIVERED:
                pause = _FIRST_PAUSE_SECONDS
                continue
            seconds = self._pause(delivery, pause)
            if not await self._peers.lease(key, self._owner, seconds + _LEASE_SECONDS):
                return False
            await asyncio.sleep(seconds)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _send(self, key: PeerKey) -> tuple[Delivery | None, bool]:
        """What came of sending all there is; None when there is nothing (more) to send."""
        peer = await self._peers.find(key)
        if peer is None or peer.held:
            return None, False
        messages = await self.pending(peer)
        channel = self._channels.get(peer.address.channel)
        if not messages or channel is None:
            return None, channel is not None
        delivery = await channel.deliver(peer, messages)
        await self.note(peer, delivery, messages)
        left = messages[sum(_reached(each.id, delivery) for each in messages) :]
        if left and self._hopeless(delivery, left[0]):
            await self._drop(peer, left[0])
            return Delivery(Outcome.DELIVERED), True
        return delivery, True

    def _hopeless(self, delivery: Delivery, message: Message) -> bool:
        """Whether to pass over a message that was not delivered."""
        if delivery.outcome is Outcome.RETRY:
            age = (self._clock.now() - message.time).total_seconds()
            return age > self._give_up_seconds
        return delivery.outcome is Outcome.REFUSED

    async def _drop(self, peer: Peer, message: Message) -> None:
        self._observer.channel_message(peer.address.channel, "out", "dropped")
        self._log.warning("message_dropped", conversation=peer.conversation, entry=message.id)
        await self._peers.delivered(peer, message.id, (), held=False)

    def _pause(self, delivery: Delivery, pause: float) -> float:
        asked = delivery.retry_after_seconds or 0.0
        spread: float = pause * (0.5 + self._jitter() / 2)
        return min(max(asked, spread), _LONGEST_PAUSE_SECONDS)


async def _rings(kick: asyncio.Event) -> AsyncGenerator[None]:
    """Rings now and with each kick; also now and then, to renew leases and find what is lost."""
    yield
    quiet_seconds = 0.0
    while quiet_seconds < _QUIET_SECONDS:
        try:
            async with asyncio.timeout(_LEASE_SECONDS / 2):
                await kick.wait()
            quiet_seconds = 0.0
        except TimeoutError:
            quiet_seconds += _LEASE_SECONDS / 2
        kick.clear()
        yield


def _reached(entry: EntryId, delivery: Delivery) -> bool:
    return delivery.delivered is not None and _position(entry) <= _position(delivery.delivered)


def _position(entry: EntryId) -> tuple[int, ...]:
    return tuple(int(part) for part in entry.split("-"))

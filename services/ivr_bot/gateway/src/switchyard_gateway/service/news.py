"""What the router's news set in motion."""

from switchyard_gateway.domain.contacts import ContactView
from switchyard_gateway.domain.conversation import Wait
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.reconcile import ReconcileContacts


class RouterNews:
    """Passes the router's news to the use cases. All methods raise StoreDown."""

    def __init__(self, follow: FollowContact, reconcile: ReconcileContacts) -> None:
        self._follow = follow
        self._reconcile = reconcile

    async def live_contacts(self) -> tuple[str, ...]:
        """The contacts that this process holds."""
        return await self._reconcile.live_contacts()

    async def attached(self, unknown_to_router: frozenset[str]) -> None:
        """The line is up; these contacts are not known there."""
        await self._reconcile.execute(unknown_to_router)

    async def contact(self, contact: ContactView, wait: Wait | None) -> None:
        """A contact changed, or its estimate did."""
        await self._follow.execute(contact, wait)

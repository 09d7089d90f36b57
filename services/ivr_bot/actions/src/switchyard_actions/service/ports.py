"""What the use cases need from outside."""

from typing import Protocol

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order


class OrdersUnavailable(Exception):
    """The order system did not answer in time or cannot answer now; asking later may help."""


class OrderDirectory(Protocol):
    """Finds orders for somebody who can prove to know them."""

    async def find_order(
        self, order_number: str, phone_last4: str, language: Language
    ) -> Order | None:
        """The order if both match, with item names in `language`; None says nothing more.

        Answers within about a second. Raises OrdersUnavailable.
        """
        ...

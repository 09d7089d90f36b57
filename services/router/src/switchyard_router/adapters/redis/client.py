"""From a URL to the store's writer."""

from switchyard_common.store_url import parse_store_url

from switchyard_router.adapters.redis.writer import StoreMeter, Writer


class NoMeter:
    """Counts nothing."""

    def reconnected(self) -> None:
        """As StoreMeter."""

    def failed_over(self) -> None:
        """As StoreMeter."""

    def without_store(self, seconds: float) -> None:
        """As StoreMeter."""


def open_writer(
    url: str, timeout_seconds: float, key: str = "sy:{demo}:events", meter: StoreMeter | None = None
) -> Writer:
    """The writer of a store that holds `key`; connects to nothing yet.

    Raises BadStoreUrl.
    """
    return Writer(parse_store_url(url), key, timeout_seconds, meter or NoMeter())

"""What the service counts of identities: who is linked, by whom, and what waits."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from switchyard_crm.service.relinking import Relinked


class LinkMetrics:
    """Changes of people, comparisons of the service, and what waits for either."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._changes = Counter(
            "switchyard_crm_identity_changes_total",
            "What people changed: link, unlink, merge, unmerge, same or apart (of a review).",
            ("change",),
            registry=registry,
        )
        self._compared = Counter(
            "switchyard_crm_records_compared_total",
            "Records compared with those that have something in common with them.",
            registry=registry,
        )
        self._pairs = Counter(
            "switchyard_crm_pairs_total",
            "Pairs of records that comparing linked, parted again, or left to people.",
            ("outcome",),
            registry=registry,
        )
        self._backlog = Gauge(
            "switchyard_crm_relink_backlog",
            "Records that were written and wait to be compared.",
            registry=registry,
        )
        self._reviews = Gauge(
            "switchyard_crm_reviews_open",
            "Suspected duplicates that wait for a person.",
            registry=registry,
        )

    def changed(self, change: str, *, new: bool) -> None:
        """A person changed something; repeated requests do not count."""
        if new:
            self._changes.labels(change).inc()

    def relinked(self, done: Relinked) -> None:
        """A batch was compared."""
        self._compared.inc(done.compared)
        self._pairs.labels("linked").inc(done.linked)
        self._pairs.labels("parted").inc(done.parted)
        self._pairs.labels("suspected").inc(done.suspected)

    def backlog(self, records: int) -> None:
        """So many records wait to be compared."""
        self._backlog.set(records)

    def open_reviews(self, reviews: int) -> None:
        """So many suspected duplicates wait for a person."""
        self._reviews.set(reviews)

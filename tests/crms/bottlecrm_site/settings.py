"""Django settings under which the tests run BottleCRM as its package ships it, on PostgreSQL.

What differs from `crm.settings`: tables are made from the models, since the package's two
hundred migrations take minutes and their data steps only mend rows that were there before; tasks
(mail) go to a queue that nobody reads.
"""

from crm.settings import *  # type: ignore[import-not-found]  # noqa: F403


class _FromModels:
    """Says of every app that it has no migrations, as Django's documentation describes."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _FromModels()
CELERY_BROKER_URL = "memory://"
CELERY_RESULT_BACKEND = "cache+memory://"

"""Fills BottleCRM's empty database: an organisation in China and a member; prints its tokens."""

import json
import sys

import django  # type: ignore[import-not-found]
from django.core.management import call_command  # type: ignore[import-not-found]
from django.db import connection  # type: ignore[import-not-found]


def prepare() -> dict[str, str]:
    """The member's personal access token, and a refresh token for a session of its own."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from common.models import (  # type: ignore[import-not-found]
        Org,
        PersonalAccessToken,
        Profile,
        User,
    )
    from common.serializer import OrgAwareRefreshToken  # type: ignore[import-not-found]

    company = Org.objects.create(name="Switchyard tests", default_country="CN")
    user = User.objects.create_user(email="switchyard@example.com", password=None)
    member = Profile.objects.create(user=user, org=company, role="ADMIN", is_active=True)
    token, _ = PersonalAccessToken.generate(
        profile=member, name="tests", scopes=[], expires_at=None
    )
    refresh = OrgAwareRefreshToken.for_user_and_org(user, company, member)
    _isolate_organisations()
    return {"token": token, "refresh_token": str(refresh)}


def _isolate_organisations() -> None:
    """Turn row level security on by the package's own statements, as its migrations do."""
    from common.rls import (  # type: ignore[import-not-found]
        ORG_SCOPED_TABLES,
        get_enable_policy_sql,
    )

    made = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in ORG_SCOPED_TABLES:
            if table in made:
                cursor.execute(get_enable_policy_sql(table))


if __name__ == "__main__":
    json.dump(prepare(), sys.stdout)

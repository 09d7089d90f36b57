"""Fills an empty Tryton database: a company, its currency, and a key for the REST interface.

Usage: prepare.py CONFIG DATABASE KEY. Runs with the Python that Tryton is installed in.
"""

import sys
from decimal import Decimal

from trytond import config

config.update_etc(sys.argv[1])

from trytond.pool import Pool  # noqa: E402  # reads the configuration when imported
from trytond.transaction import Transaction  # noqa: E402

ADMINISTRATOR = 1


def main() -> None:
    """Make what the connector's tests take for granted."""
    database, key = sys.argv[2:]
    Pool.start()
    pool = Pool(database)
    pool.init()
    with Transaction().start(database, ADMINISTRATOR, context={}) as transaction:
        currencies = pool.get("currency.currency").create(
            [
                {
                    "name": "Yuan",
                    "symbol": "¥",
                    "code": "CNY",
                    "numeric_code": "156",
                    "rounding": Decimal("0.01"),
                    "digits": 2,
                    "rates": [("create", [{"rate": Decimal(1)}])],
                }
            ]
        )
        parties = pool.get("party.party").create([{"name": "Switchyard"}])
        companies = pool.get("company.company").create(
            [{"party": parties[0].id, "currency": currencies[0].id}]
        )
        user = pool.get("res.user")
        values = {"companies": [("add", [companies[0].id])], "company": companies[0].id}
        user.write([user(ADMINISTRATOR)], values)
        pool.get("res.user.application").create(
            [{"key": key, "user": ADMINISTRATOR, "application": "rest", "state": "validated"}]
        )
        transaction.commit()


main()

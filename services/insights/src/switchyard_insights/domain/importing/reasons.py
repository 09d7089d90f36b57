"""Why a row of a log was left out, or kept with a doubt, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Words for people; equal words are counted together."""

    en: str
    zh: str


def unreadable(column: str, expected: Reason) -> Reason:
    """A cell of the column is not what the mapping says it is."""
    return Reason(f"{column}: not {expected.en}", f"{column}：不是{expected.zh}")


def unlisted(column: str) -> Reason:
    """A cell of the column has a value that the mapping does not list."""
    return Reason(
        f"{column}: a value that the mapping's `values` do not list",
        f"{column}：映射的 values 里没有列出的值",
    )


def missing(column: str) -> Reason:
    """A column that the history cannot do without came out empty."""
    return Reason(f"nothing for `{column}`, which must be there", f"必填的 {column} 为空")


def too_long(column: str, length: int) -> Reason:
    """A text that the history has no room for."""
    return Reason(f"`{column}` longer than {length} characters", f"{column} 超过 {length} 个字符")


REPEATED = Reason(
    "the id of an earlier row: this later row replaces it", "编号与前面的行相同：由后面的行取代"
)
"""Two rows of a log with one id."""

RAGGED = Reason("more or fewer cells than columns", "单元格数与列数不符")
"""A row that is no row of the table."""

ERASED = Reason(
    "customer was erased: kept without the customer's key", "客户已被删除：保留该行，但去掉客户标识"
)
"""A row of somebody who asked to be forgotten."""

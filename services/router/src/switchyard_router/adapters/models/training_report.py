"""The report on a trained model: what serves and why, its errors, and what it goes by."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from switchyard_report.page import Block, Page, Section, Text, Tone, note, picture, table

from switchyard_router.adapters.models.comparison import MODEL, TABLE, Comparison, Errors
from switchyard_router.adapters.models.training import Trained
from switchyard_router.domain.handle_time_table import Floats

_NAMES = {
    "global": Text("one mean for all", "全体均值"),
    "type": Text("mean of the type", "按类型均值"),
    "agent": Text("mean of the agent", "按坐席均值"),
    TABLE: Text("shrunk table, agent × type", "收缩表（坐席×类型）"),
    MODEL: Text("LightGBM", "LightGBM"),
}
_GROUPS = 10


def training_page(trained: Trained) -> Page:
    """The page, in both languages; the same model gives the same bytes."""
    return Page(
        Text("Handle-time model", "处理时长模型"),
        (
            Section(Text("What serves", "由谁预测"), _verdict(trained)),
            Section(
                Text("Errors on days not trained on", "未参与训练日期上的误差"), _errors(trained)
            ),
            Section(
                Text("How right it is", "准确程度"), (_calibration(trained), _residuals(trained))
            ),
            Section(Text("What it goes by", "依据哪些特征"), (importance(trained.importance),)),
        ),
    )


def verdict(comparison: Comparison[Errors]) -> Text:
    """What serves, and how sure that is, in a sentence."""
    found = comparison.differences[TABLE]
    numbers = f"{found.change:+.2f} s [{found.low:+.2f}, {found.high:+.2f}]"
    if comparison.serves == MODEL:
        return Text(
            f"LightGBM serves: its error is below the table's by more than chance, {numbers}.",
            f"由 LightGBM 预测：其误差小于收缩表，且并非偶然，{numbers}。",
        )
    if comparison.lift:
        return Text(
            f"The table serves: LightGBM did not beat it with certainty, {numbers}.",
            f"由收缩表预测：LightGBM 未能确定地优于它，{numbers}。",
        )
    return Text(
        f"No lift: nothing beats one mean for all with certainty; the table serves, {numbers}.",
        f"没有提升：没有方法能确定地优于全体均值；由收缩表预测，{numbers}。",
    )


def _verdict(trained: Trained) -> tuple[Block, ...]:
    good = trained.comparison.serves == MODEL
    coverage = 100 * float(trained.metrics["coverage80"])
    since, until = trained.metrics["held_out_from"], trained.metrics["held_out_until"]
    return (
        note(verdict(trained.comparison), Tone.GOOD if good else Tone.WARNING),
        note(
            Text(
                f"Of intervals meant to hold 80 % of services, {coverage:.1f} % did. Measured on "
                f"{len(trained.test_seconds)} services from {since} to {until}.",
                f"名义 80 % 的区间实际覆盖 {coverage:.1f} %。在 {since} 至 {until} "
                f"的 {len(trained.test_seconds)} 次服务上测得。",
            )
        ),
    )


def _errors(trained: Trained) -> tuple[Block, ...]:
    comparison, rows = trained.comparison, []
    for name, error in comparison.errors.items():
        found = comparison.differences.get(name)
        told = (
            "–" if found is None else f"{found.change:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"
        )
        means, ratio = round(error.of_means, 2), round(error.predicted_to_actual, 3)
        rows.append((_NAMES[name], round(error.of_medians, 2), means, ratio, told))
    head = (
        Text("who predicts", "预测方法"),
        Text("mean absolute error of medians, s", "中位数的平均绝对误差（秒）"),
        Text("of means, s", "均值的平均绝对误差（秒）"),
        Text("predicted / actual", "预测/实际"),
        Text("LightGBM minus it, s [95 %]", "LightGBM 与之差（秒）[95 %]"),
    )
    caption = Text("Intervals draw days with replacement.", "区间按日有放回抽样得到。")
    return (table(head, rows, caption),)


def _calibration(trained: Trained) -> Block:
    axes = Text("predicted mean, s", "预测均值（秒）"), Text("real mean, s", "实际均值（秒）")
    return calibration(trained.test_predicted, trained.test_seconds, axes)


def calibration(
    predicted: Floats, real: Floats | NDArray[np.bool_], axis_names: tuple[Text, Text]
) -> Block:
    """Means of what was predicted beside means of what came, by tenths."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), _GROUPS)
    expected = [float(predicted[group].mean()) for group in groups]
    actual = [float(real[group].mean()) for group in groups]
    figure = Figure(figsize=(5, 3.6))
    axes = figure.add_subplot()
    axes.plot([min(expected), max(expected)], [min(expected), max(expected)], color="0.7")
    axes.plot(expected, actual, "o-")
    across, up = axis_names
    axes.set_xlabel(across.en)
    axes.set_ylabel(up.en)
    title = Text("Calibration: tenths of services by prediction", "校准：按预测分为十组")
    return picture(figure, title, (across, up))


def _residuals(trained: Trained) -> Block:
    ratio = trained.test_seconds / trained.test_predicted
    figure = Figure(figsize=(5, 3.6))
    axes = figure.add_subplot()
    axes.hist(np.log2(ratio), bins=60, range=(-5, 4))
    for mark in (trained.residuals.low, trained.residuals.median, trained.residuals.high):
        axes.axvline(float(np.log2(mark)), color="0.3", linestyle="--")
    across = Text("log2(real / predicted mean)", "log2（实际/预测均值）")
    axes.set_xlabel(across.en)
    title = Text("Residuals; dashed: quantiles 10, 50, 90 %", "残差；虚线：10、50、90 % 分位数")
    return picture(figure, title, (across,))


def importance(shares: Mapping[str, float]) -> Block:
    """Features by the share of the loss that splits on them took away."""
    ranked = sorted(shares.items(), key=lambda item: item[1])
    figure = Figure(figsize=(5, 0.6 + 0.2 * len(ranked)))
    axes = figure.add_subplot()
    axes.barh([name for name, _ in ranked], [100 * share for _, share in ranked])
    across = Text("share of the loss taken away, %", "减少的损失占比（%）")
    axes.set_xlabel(across.en)
    return picture(figure, Text("Importance of features", "特征重要性"), (across,))

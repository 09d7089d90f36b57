"""The report on a model of resolution: what serves and why, its errors, and what it goes by."""

from switchyard_report.page import Block, Page, Section, Text, Tone, note, table

from switchyard_router.adapters.models.comparison import MODEL, TABLE, Comparison
from switchyard_router.adapters.models.resolution_training import (
    ShareErrors,
    TrainedResolution,
)
from switchyard_router.adapters.models.training_report import calibration, importance

_NAMES = {
    "global": Text("one share for all", "全体比例"),
    "type": Text("share of the type", "按类型比例"),
    "agent": Text("share of the agent", "按坐席比例"),
    TABLE: Text("shrunk table, agent × type", "收缩表（坐席×类型）"),
    MODEL: Text("LightGBM", "LightGBM"),
}


def resolution_page(trained: TrainedResolution) -> Page:
    """The page, in both languages; the same model gives the same bytes."""
    axes = Text("predicted share", "预测比例"), Text("real share", "实际比例")
    right = calibration(trained.test_predicted, trained.test_resolved, axes)
    return Page(
        Text("Resolution model", "问题解决率模型"),
        (
            Section(Text("What is better", "哪种方法更好"), _verdict(trained)),
            Section(
                Text("Errors on days not trained on", "未参与训练日期上的误差"), _errors(trained)
            ),
            Section(Text("How right it is", "准确程度"), (right,)),
            Section(Text("What it goes by", "依据哪些特征"), (importance(trained.importance),)),
        ),
    )


def share_verdict(comparison: Comparison[ShareErrors]) -> Text:
    """What predicts better, and how sure that is, in a sentence."""
    found = comparison.differences[TABLE]
    numbers = f"{found.change:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
    if comparison.serves == MODEL:
        return Text(
            f"LightGBM: its Brier score is below the table's by more than chance, {numbers}.",
            f"LightGBM：其 Brier 分数低于收缩表，且并非偶然，{numbers}。",
        )
    if comparison.lift:
        return Text(
            f"The table: LightGBM did not beat it with certainty, {numbers}.",
            f"收缩表：LightGBM 未能确定地优于它，{numbers}。",
        )
    return Text(
        f"No lift: nothing beats one share for all with certainty, {numbers}.",
        f"没有提升：没有方法能确定地优于全体比例，{numbers}。",
    )


def _verdict(trained: TrainedResolution) -> tuple[Block, ...]:
    good = trained.comparison.serves == MODEL
    share = 100 * float(trained.metrics["resolved_share"])
    since, until = trained.metrics["held_out_from"], trained.metrics["held_out_until"]
    services = len(trained.test_resolved)
    return (
        note(share_verdict(trained.comparison), Tone.GOOD if good else Tone.WARNING),
        note(
            Text(
                f"Customers said of {share:.1f} % of {services} services from {since} to {until} "
                "that their matter was settled. Only services with that answer count; who answers "
                "surveys is not everybody. Routers do not weigh resolution.",
                f"{since} 至 {until} 的 {services} 次服务中，{share:.1f} % 的客户表示问题已解决。"
                "仅统计有此回答的服务；回答调查的客户并不代表全体。路由器不使用解决率。",
            )
        ),
    )


def _errors(trained: TrainedResolution) -> tuple[Block, ...]:
    comparison, rows = trained.comparison, []
    for name, error in comparison.errors.items():
        found = comparison.differences.get(name)
        told = (
            "–" if found is None else f"{found.change:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        )
        ratio = round(error.predicted_to_actual, 3)
        rows.append((_NAMES[name], round(error.brier, 4), round(error.log_loss, 4), ratio, told))
    head = (
        Text("who predicts", "预测方法"),
        Text("Brier score", "Brier 分数"),
        Text("logarithmic loss", "对数损失"),
        Text("predicted / actual", "预测/实际"),
        Text("LightGBM minus it [95 %]", "LightGBM 与之差 [95 %]"),
    )
    caption = Text("Intervals draw days with replacement.", "区间按日有放回抽样得到。")
    return (table(head, rows, caption),)

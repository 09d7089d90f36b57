"""The history of contacts that learning and reports are made from: is it whole, is it late."""

from deploy.monitoring.panels import Board, graph, stat

BOARD = Board(
    name="history",
    title="Switchyard: history and learning · 历史与学习",
    panels=(
        stat(
            "Log and history answer · 日志与历史有应答",
            "1 while both do. 都有应答时为 1。",
            "min(switchyard_insights_up)",
            steps=(("red", None), ("green", 1)),
        ),
        stat(
            "Events lost · 丢失的事件",
            "Trimmed before they were read. 未读取就被裁剪。",
            "sum(switchyard_insights_events_lost_total)",
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "Events put aside · 搁置的事件",
            "That could not be understood. 无法理解的。",
            "sum(switchyard_insights_events_refused_total)",
            steps=(("green", None), ("orange", 1)),
        ),
        stat(
            "Handle-time model's age · 时长模型的年龄",
            "Days since its training window ended; 0: none serves. 训练时段结束至今的天数；0：没有模型。",
            "max(switchyard_router_model_age_seconds) / 86400",
            unit="d",
        ),
        graph(
            "Events kept · 已保存的事件",
            "By log and what became of them. 按日志与结果。",
            {
                "{{log}} {{outcome}}": "sum by (log, outcome) (rate(switchyard_insights_events_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Behind the log · 落后于日志",
            "Entries nobody has been given yet; age of the newest that was read. 尚未分出的条目；最新已读条目的年龄。",
            {
                "{{log}} entries": "max by (log) (switchyard_insights_lag_entries)",
                "{{log}} s": "max by (log) (switchyard_insights_lag_seconds)",
            },
        ),
        graph(
            "Given out again · 再次发出",
            "Because a reader did not say that it was done. 因读取者没有确认。",
            {
                "{{log}}": "sum by (log) (increase(switchyard_insights_events_again_total[$__range]))"
            },
        ),
        graph(
            "Tries that failed · 失败的尝试",
            "By what did not answer; by job of housekeeping. 按没有应答的一方；按维护任务。",
            {
                "{{what}}": "sum by (what) (increase(switchyard_insights_failures_total[$__range]))",
                "{{task}}": "sum by (task) (increase(switchyard_insights_housekeeping_failures_total[$__range]))",
            },
        ),
        graph(
            "Housekeeping · 维护",
            "Rows deleted for their age; hours written as Parquet. 因过期删除的行；写成 Parquet 的小时数。",
            {
                "rows deleted": "sum(increase(switchyard_insights_pruned_rows_total[$__range]))",
                "hours exported": "sum(increase(switchyard_insights_exported_hours_total[$__range]))",
            },
        ),
        graph(
            "Predictions with and without the model · 用与未用模型的预测",
            "Requests for handle times per second; those the table answered. 每秒的时长请求；由统计表作答的。",
            {
                "all": "sum(rate(switchyard_router_prediction_seconds_count[$__rate_interval]))",
                "by the table: {{reason}}": "sum by (reason) (rate(switchyard_router_predictions_degraded_total[$__rate_interval]))",
            },
            unit="reqps",
        ),
    ),
)

"""Handle-time models: which serves, how right it is, what drifts."""

from deploy.monitoring.panels import Board, graph, stat

BOARD = Board(
    name="models",
    title="Switchyard: handle-time models · 时长模型",
    panels=(
        stat(
            "Serving model · 在用模型",
            "Version that serves; routers may differ for a moment after a new one appears. 在用版本；新版本出现后各路由器可能短暂不一致。",
            "max by (version) (switchyard_router_model_info)",
            least=0,
            legend="{{version}}",
        ),
        stat(
            "Shadow model · 影子模型",
            "Version that is tried on the same services and serves nobody. 对同一批服务试算、不参与派单的版本。",
            "max by (version) (switchyard_router_model_shadow_info)",
            legend="{{version}}",
        ),
        stat(
            "Withdrawn as wrong · 因出错撤下",
            "1: the version on disk errs more than the table; routing goes by the table until another version comes. 1：该版本误差大于统计表，已改用统计表，直到新版本出现。",
            "max(switchyard_router_model_wrong)",
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "Age of the training window · 训练窗口距今",
            "Days since the serving model's training window ended. 在用模型训练窗口结束至今的天数。",
            "max(switchyard_router_model_age_seconds) / 86400",
            unit="d",
        ),
        graph(
            "Error against the table · 与统计表的误差比",
            "Mean absolute error of medians over the table's, last 2,000 services; below 1 the model is worth having. 最近 2000 次服务的中位数平均绝对误差与统计表之比；小于 1 才值得使用。",
            {"{{role}}": "avg by (role) (switchyard_router_model_error_ratio)"},
            steps=(("green", None), ("red", 1)),
        ),
        graph(
            "Error · 误差",
            "Mean absolute error of expected medians, last 2,000 services. 最近 2000 次服务预测中位数的平均绝对误差。",
            {"{{role}}": "avg by (role) (switchyard_router_model_error_seconds)"},
            unit="s",
        ),
        graph(
            "Evidence · 证据",
            "log10. Serving: that the table errs less; at 2 (ROUTER_MODEL_ALPHA 0.01) it is withdrawn. Shadow: that it errs less than what serves. 常用对数。在用模型：统计表误差更小的证据，到 2 即撤下；影子：其误差小于在用者的证据。",
            {"{{role}}": "max by (role) (switchyard_router_model_evidence)"},
            steps=(("green", None), ("red", 2)),
        ),
        graph(
            "Within the 80 % interval · 落在 80% 区间内",
            "Share of services; far from 0.8, times became wilder or tamer than in training. 服务占比；偏离 0.8 说明时长比训练时更分散或更集中。",
            {"{{role}}": "avg by (role) (switchyard_router_model_interval_coverage)"},
            unit="percentunit",
            steps=(("transparent", None), ("blue", 0.8)),
        ),
        graph(
            "Real over expected · 实际与预测之比",
            "Mean logarithm: above 0 services take longer than expected, 0.1 is a tenth. 对数均值：大于 0 表示实际更长，0.1 约为一成。",
            {"{{role}}": "avg by (role) (switchyard_router_model_log_residual)"},
            steps=(("transparent", None), ("blue", 0)),
        ),
        graph(
            "Feature drift · 特征漂移",
            "Population stability index of the serving model's features: above 0.25 another population than in training (what is known of agents and customers, *_log_* and *_effect, moves by nature). 在用模型各特征的群体稳定性指数：高于 0.25 即与训练时不同（对座席与客户的了解 *_log_*、*_effect 本来就会变）。",
            {
                "{{feature}}": 'max by (feature) (switchyard_router_model_feature_psi{role="serving"})'
            },
            steps=(("green", None), ("orange", 0.1), ("red", 0.25)),
        ),
        graph(
            "Answered without a model · 未用模型的回答",
            "Requests for handle times per second that something else answered, by reason. 每秒由其他来源回答的时长请求，按原因。",
            {
                "{{reason}}": "sum by (reason) (rate(switchyard_router_predictions_degraded_total[5m]))"
            },
            unit="reqps",
            width=8,
        ),
        graph(
            "Prediction time p95 · 预测耗时 p95",
            "Of one request for handle times. 一次时长请求的耗时。",
            {
                "p95": "histogram_quantile(0.95, sum by (le) (rate(switchyard_router_prediction_seconds_bucket[5m])))"
            },
            unit="s",
            width=8,
        ),
        graph(
            "Services on trial, versions refused · 试算服务数与被拒版本",
            "Services that the figures are from (at most 2,000); versions on disk that were not taken. 以上数字所依据的服务数（至多 2000）；未被采用的版本。",
            {
                "{{role}}": "min by (role) (switchyard_router_model_trial_services)",
                "refused": "sum(switchyard_router_model_refusals_total)",
                "refused as shadow": "sum(switchyard_router_model_shadow_refusals_total)",
                "loaded": "sum(switchyard_router_model_loads_total)",
                "switched off: {{reason}}": "sum by (reason) (switchyard_router_model_switched_off_total)",
            },
            width=8,
        ),
    ),
)

"""Customers: how fast and how completely they are known, the CRMs, the outbox, self-service."""

from deploy.monitoring.panels import Board, graph, quantiles, rates, stat

BOARD = Board(
    name="crm",
    title="Switchyard: customers · 客户",
    panels=(
        stat(
            "Store · 存储",
            "1 while a database answers. 数据库有应答时为 1。",
            "max(switchyard_crm_store_up)",
            steps=(("red", None), ("green", 1)),
        ),
        stat(
            "Breakers not closed · 未闭合的熔断器",
            "CRMs that are left alone, or tried. 已停用或正在试探的 CRM。",
            "count(max by (source) (switchyard_crm_source_breaker_state) > 0) or vector(0)",
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "Writes given up · 已放弃的写入",
            "Until somebody re-drives them. 等人重新投递。",
            "sum(max by (source) (switchyard_crm_outbox_dead)) or vector(0)",
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "Suspected duplicates · 疑似重复",
            "That wait for a person. 等待人工判定。",
            "max(switchyard_crm_reviews_open)",
        ),
        graph(
            "Look-ups · 查询",
            "By RPC and outcome. 按 RPC 与结果。",
            {
                "{{rpc}} {{outcome}}": "sum by (rpc, outcome) (rate(switchyard_crm_lookups_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Time of a context · 客户信息用时",
            "From being asked for to the answer. 从请求到回答。",
            quantiles("switchyard_crm_context_latency_seconds", 0.5, 0.95, 0.99),
            unit="s",
        ),
        graph(
            "Contexts with parts missing · 不完整的客户信息",
            "Share of all. 占全部的比例。",
            {
                "partial": "sum(rate(switchyard_crm_context_partial_total[$__rate_interval])) / sum(rate(switchyard_crm_context_latency_seconds_count[$__rate_interval]))"
            },
            unit="percentunit",
            least=0,
            most=1,
        ),
        graph(
            "How sources answered · 各来源应答",
            "Within a context; the database is `local`. 组装客户信息时；数据库为 `local`。",
            {
                "{{source}} {{status}}": "sum by (source, status) (rate(switchyard_crm_source_answers_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Time of a source p95 · 来源用时 p95",
            "It took, or was given. 所用或所给的时间。",
            quantiles("switchyard_crm_source_latency_seconds", 0.95, by="source"),
            unit="s",
        ),
        graph(
            "Breakers · 熔断器",
            "0 closed, 1 half open, 2 open. 0 闭合，1 半开，2 断开。",
            {"{{source}}": "max by (source) (switchyard_crm_source_breaker_state)"},
            least=0,
            most=2,
        ),
        graph(
            "Calls to CRMs · 调用 CRM",
            "By how they ended. 按结局。",
            {
                "{{source}} {{outcome}}": "sum by (source, outcome) (rate(switchyard_crm_source_calls_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Outbox · 待写队列",
            "Writes that wait for CRMs; how old the oldest is. 等待 CRM 的写入；最早的已等多久。",
            {
                "{{source}}": "max by (source) (switchyard_crm_outbox_depth)",
                "{{source}} oldest, s": "max by (source) (switchyard_crm_outbox_oldest_age_seconds)",
            },
        ),
        graph(
            "Behind a CRM's changes · 落后于 CRM 变更",
            "Time since everything that had changed there was stored. 距上次全部存好的时间。",
            {"{{source}}": "max by (source) (switchyard_crm_sync_lag_seconds)"},
            unit="s",
        ),
        graph(
            "Proofs of being a customer · 身份核实",
            "By kind and outcome. 按种类与结果。",
            {
                "{{proof}} {{outcome}}": "sum by (proof, outcome) (rate(switchyard_crm_verifications_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "What customers did alone · 自助办理",
            "Addresses, payments, appointments, by outcome. 地址、分期、预约，按结果。",
            {
                "{{what}} {{outcome}}": "sum by (what, outcome) (rate(switchyard_crm_self_service_total[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Waiting to be done · 待办",
            "Records to be compared, reads to be written to the trail, erasures of CRMs. 待比对的记录、待写的读取记录、CRM 未完成的删除。",
            {
                "to compare": "max(switchyard_crm_relink_backlog)",
                "trail": "sum(switchyard_crm_audit_unwritten)",
                "erasures": "max(switchyard_crm_erasures_pending)",
            },
        ),
        graph(
            "Turned away at the door · 入口拒绝",
            "By reason: role, token, rate. 按原因：角色、令牌、速率。",
            rates("switchyard_crm_refused_calls_total", "reason"),
            unit="cps",
        ),
    ),
)

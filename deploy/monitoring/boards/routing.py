"""How the router decides: invariants, waits, passes, conflicts, moves, and its store."""

from deploy.monitoring.panels import Board, graph, quantiles, rates, stat

_MUST_BE_ZERO = (("green", None), ("red", 1))

BOARD = Board(
    name="routing",
    title="Switchyard: routing · 派单",
    panels=(
        stat(
            "Double assignments · 重复分配",
            "Must stay 0. 必须恒为 0。",
            "max(switchyard_router_double_assignments_total)",
            steps=_MUST_BE_ZERO,
        ),
        stat(
            "Forbidden transitions · 非法转换",
            "Must stay 0. 必须恒为 0。",
            "max(switchyard_router_forbidden_transitions_total)",
            steps=_MUST_BE_ZERO,
        ),
        stat(
            "Orphan contacts · 孤立联络",
            "Must stay 0. 必须恒为 0。",
            "max(switchyard_router_orphan_contacts)",
            steps=_MUST_BE_ZERO,
        ),
        stat(
            "Stuck agents · 卡住的坐席",
            "Must stay 0. 必须恒为 0。",
            "max(switchyard_router_stuck_agents)",
            steps=_MUST_BE_ZERO,
        ),
        graph(
            "Wait until the offer · 派出前的等待",
            "Of contacts that were offered. 已派出的联络。",
            quantiles("switchyard_router_offer_wait_seconds", 0.5, 0.95),
            unit="s",
        ),
        graph(
            "Offers by queue · 各队列派出",
            "Reservations that succeeded, per second. 每秒成功的预留。",
            {
                "{{queue}}": "sum by (queue) (rate(switchyard_router_offer_wait_seconds_count[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Dispatch passes · 派单一遍用时",
            "Over all waiting contacts, reservations included. 把等待中的联络过一遍，含预留。",
            quantiles("switchyard_router_dispatch_pass_seconds", 0.5, 0.99),
            unit="s",
        ),
        graph(
            "Conflicts · 预留冲突",
            "Another replica was faster, or the board lagged. 另一副本更快，或看板落后。",
            {
                "{{reason}}": "sum by (reason) (rate(switchyard_router_reservation_conflicts_total[$__rate_interval]))",
                "of all": "(sum(rate(switchyard_router_reservation_conflicts_total[$__rate_interval])) or vector(0)) / sum(rate(switchyard_router_offer_wait_seconds_count[$__rate_interval]))",
            },
        ),
        graph(
            "Moves · 转移",
            "Waiting contacts moved to another step, queue or address; moves that the store refused. 转到其他步骤、队列或地址的联络；被存储拒绝的转移。",
            {
                "{{reason}}": "sum by (reason) (rate(switchyard_router_step_moves_total[$__rate_interval]))",
                "refused {{code}}": "sum by (code) (rate(switchyard_router_step_moves_refused_total[$__rate_interval]))",
            },
        ),
        graph(
            "Customer look-ups · 客户查询",
            "By outcome: found, unknown, failed, skipped. 按结果：找到、未知、失败、跳过。",
            {
                "{{outcome}}": "sum by (outcome) (rate(switchyard_router_context_lookup_seconds_count[$__rate_interval]))"
            },
            unit="cps",
        ),
        graph(
            "Event lag · 事件滞后",
            "Largest age of events when a router saw them. 事件到达路由器时的最大滞后。",
            {"{{instance}}": "max by (instance) (switchyard_router_event_lag_seconds)"},
            unit="s",
        ),
        graph(
            "Store · 存储",
            "1 while the log can be followed; failovers, reconnects, seconds without a writer. 可跟读时为 1；故障切换、重连、没有写节点的秒数。",
            {
                "up {{instance}}": "min by (instance) (switchyard_router_store_up)",
                "failovers": "max(increase(switchyard_router_store_failovers_total[$__range]))",
                "reconnects": "sum(increase(switchyard_router_store_reconnects_total[$__range]))",
                "without": "sum(increase(switchyard_router_store_without_seconds_total[$__range]))",
            },
        ),
        graph(
            "What the store may lose · 存储可能丢失的",
            "Warnings that hold now: docs/durability.md. 现有的警告：docs/durability.zh.md。",
            {"{{warning}}": "max by (warning) (switchyard_router_store_durability_warnings)"},
        ),
        graph(
            "Memory of the store · 存储的内存",
            "Held, and what it may hold; 0: no limit of its own. 占用与上限；0 表示它自己没有上限。",
            {
                "held": "max(switchyard_router_store_memory_bytes)",
                "limit": "max(switchyard_router_store_memory_limit_bytes)",
            },
            unit="bytes",
        ),
        graph(
            "Records dropped, expressions without answer · 丢弃的记录与无结果的表达式",
            "Decisions that cannot be explained; expressions of plans that counted as false. 无法解释的决定；按假处理的方案表达式。",
            {
                "decisions": "sum(increase(switchyard_router_decisions_dropped_total[$__range]))",
                "{{plan}}": "sum by (plan) (increase(switchyard_router_expression_failures_total[$__range]))",
            },
        ),
        graph(
            "Streams · 流",
            "Desktops (session), platforms (node) and watchers; those closed because they did not read. 桌面（session）、平台（node）与观察者；因不读而关闭的流。",
            {
                "{{kind}}": "sum by (kind) (switchyard_router_subscriptions)",
                "slow {{kind}}": "sum by (kind) (rate(switchyard_router_slow_consumers_total[$__rate_interval]))",
            },
        ),
        graph(
            "Turned away at the door · 入口拒绝",
            "By reason: role, token, rate. 按原因：角色、令牌、速率。",
            rates("switchyard_router_refused_calls_total", "reason"),
            unit="cps",
        ),
    ),
)

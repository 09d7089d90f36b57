"""What hangs on the wall of the room: how each queue does now."""

from deploy.monitoring.panels import Board, bars, graph, stat

_QUEUE = '{queue=~"$queue"}'
_IN_TARGET = '{queue=~"$queue", in_target="yes"}'

BOARD = Board(
    name="wallboard",
    title="Switchyard: wallboard · 总览墙",
    refresh="5s",
    since="now-1h",
    variables=(("queue", "label_values(switchyard_router_waiting_contacts, queue)"),),
    panels=(
        stat(
            "Waiting · 等待",
            "Contacts that wait now. 此刻等待的联络。",
            f"sum(max by (queue) (switchyard_router_waiting_contacts{_QUEUE}))",
            steps=(("green", None), ("orange", 5), ("red", 20)),
        ),
        stat(
            "Longest wait · 最长等待",
            "Of all who wait now. 此刻所有等待者中最久的。",
            f"max(switchyard_router_longest_wait_seconds{_QUEUE})",
            unit="s",
        ),
        stat(
            "Service level, 30 minutes · 服务水平（30 分钟）",
            "Answered in target over answered and abandoned. 时限内接起 ÷（接起 + 放弃）。",
            f"sum(max by (queue) (increase(switchyard_router_queue_answered_total{_IN_TARGET}[30m]))) / (sum(max by (queue, in_target) (increase(switchyard_router_queue_answered_total{_QUEUE}[30m]))) + sum(max by (queue) (increase(switchyard_router_queue_abandoned_total{_QUEUE}[30m]))))",
            unit="percentunit",
            least=0,
            most=1,
            steps=(("red", None), ("orange", 0.6), ("green", 0.8)),
        ),
        stat(
            "Given up, 30 minutes · 放弃率（30 分钟）",
            "Abandoned over answered and abandoned. 放弃 ÷（接起 + 放弃）。",
            f"sum(max by (queue) (increase(switchyard_router_queue_abandoned_total{_QUEUE}[30m]))) / (sum(max by (queue, in_target) (increase(switchyard_router_queue_answered_total{_QUEUE}[30m]))) + sum(max by (queue) (increase(switchyard_router_queue_abandoned_total{_QUEUE}[30m]))))",
            unit="percentunit",
            least=0,
            most=1,
            steps=(("green", None), ("orange", 0.05), ("red", 0.15)),
        ),
        bars(
            "Waiting by queue · 各队列等待",
            "Contacts that wait now. 此刻等待的联络。",
            f"max by (queue) (switchyard_router_waiting_contacts{_QUEUE})",
            width=8,
        ),
        bars(
            "Longest wait by queue · 各队列最长等待",
            "Of those who wait now. 此刻等待者中最久的。",
            f"max by (queue) (switchyard_router_longest_wait_seconds{_QUEUE})",
            unit="s",
            width=8,
        ),
        bars(
            "Agents signed in by queue · 各队列在岗坐席",
            "Ready or busy. 空闲或忙碌。",
            f"max by (queue) (switchyard_router_queue_staffed_agents{_QUEUE})",
            width=8,
        ),
        graph(
            "Service level by queue, 30 minutes · 各队列服务水平（30 分钟）",
            "Answered in target over answered and abandoned. 时限内接起 ÷（接起 + 放弃）。",
            {"{{queue}}": f"1 - switchyard:queue_missed:ratio_rate30m{_QUEUE}"},
            unit="percentunit",
            least=0,
            most=1,
        ),
        graph(
            "Budget burnt, times as fast as it lasts · 预算消耗速度（倍）",
            "1: the goal is just missed. An 80/20 goal burns at most 5 times as fast. 1 即刚好未达标；80/20 目标最快为 5 倍。",
            {
                "{{queue}}": f"switchyard:queue_missed:ratio_rate30m{_QUEUE} / switchyard:queue_budget:ratio{_QUEUE}"
            },
            steps=(("green", None), ("orange", 2), ("red", 3)),
        ),
        graph(
            "Agents by presence · 坐席状态",
            "All agents of the centre. 全中心的坐席。",
            {"{{presence}}": "max by (presence) (switchyard_router_agents)"},
        ),
        graph(
            "Contacts per minute by queue · 各队列每分钟来量",
            "That came to a queue, moves included. 进入队列的联络，含转入。",
            {
                "{{queue}}": f"60 * max by (queue) (rate(switchyard_router_queue_offered_total{_QUEUE}[$__rate_interval]))"
            },
        ),
    ),
)

"""Bot and chat: containment, hand-overs, what was not understood, latency, surveys."""

from deploy.monitoring.panels import Board, graph, quantiles, rates, stat

BOARD = Board(
    name="bot",
    title="Switchyard: bot · 机器人",
    panels=(
        stat(
            "Containment · 自助完成率",
            "Ended conversations in which the bot alone got something done. 机器人独自办成的已结束会话。",
            '(sum(increase(switchyard_gateway_conversations_ended_total{outcome="self_served"}[$__range])) or vector(0)) / sum(increase(switchyard_gateway_conversations_ended_total[$__range]))',
            unit="percentunit",
            least=0,
            most=1,
        ),
        stat(
            "Hand-over rate · 转人工率",
            "Ended conversations that a person served or will call back. 由人工服务或约好回电的已结束会话。",
            '(sum(increase(switchyard_gateway_conversations_ended_total{outcome="handed_over"}[$__range])) or vector(0)) / sum(increase(switchyard_gateway_conversations_ended_total[$__range]))',
            unit="percentunit",
            least=0,
            most=1,
        ),
        stat(
            "Not understood · 未理解率",
            "Messages that the bot did not understand. 机器人没有理解的消息。",
            "(sum(increase(switchyard_gateway_fallbacks_total[$__range])) or vector(0)) / sum(increase(switchyard_gateway_turn_latency_seconds_count[$__range]))",
            unit="percentunit",
            least=0,
            most=1,
        ),
        stat(
            "Active conversations · 进行中的会话",
            "Open over all processes. 所有进程合计。",
            "max(switchyard_gateway_active_conversations)",
        ),
        graph(
            "How conversations end · 会话结果",
            "handed_over, self_served, left or failed. 转人工、自助完成、离开或失败。",
            rates("switchyard_gateway_conversations_ended_total", "outcome"),
            unit="cps",
        ),
        graph(
            "Why people are asked for · 转人工原因",
            "By the bot's reason. 按机器人给出的原因。",
            rates("switchyard_gateway_handover_reasons_total", "reason"),
            unit="cps",
        ),
        graph(
            "Hand-overs · 转人工经过",
            "asked, queued, joined, ended, left, or why not. 请求、排队、接通、结束、离开，或未成的原因。",
            rates("switchyard_gateway_handovers_total", "outcome"),
            unit="cps",
        ),
        graph(
            "Turn latency · 回合时延",
            "From the customer message to the stored answer. 从客户消息到答复入库。",
            quantiles("switchyard_gateway_turn_latency_seconds", 0.5, 0.95, 0.99),
            unit="s",
        ),
        graph(
            "Bot errors and retries · 机器人错误与重试",
            "By cause; turns that wait for a bot that is away. 按原因；等待不在线机器人的轮次。",
            {
                "error {{cause}}": "sum by (cause) (rate(switchyard_gateway_bot_errors_total[$__rate_interval]))",
                "retry {{cause}}": "sum by (cause) (rate(switchyard_gateway_bot_retries_total[$__rate_interval]))",
                "waiting": "sum(switchyard_gateway_turns_waiting_for_bot)",
            },
        ),
        graph(
            "Not understood by language · 按语言未理解",
            "Messages per second. 每秒消息数。",
            rates("switchyard_gateway_fallbacks_total", "language"),
            unit="cps",
        ),
        graph(
            "What the bot did · 机器人动作",
            "Turns per second, by flow. 各流程每秒轮次。",
            rates("switchyard_actions_turns_total", "flow"),
            unit="cps",
        ),
        graph(
            "Understanding time · 理解用时",
            "From a message's arrival at the bot to its answer. 从消息到达机器人到回答。",
            quantiles("switchyard_bot_turn_seconds", 0.5, 0.95),
            unit="s",
        ),
        graph(
            "Pages and router · 网页与路由连接",
            "Chat pages connected; 1 while the gateway is attached to a router. 已连接的聊天页；网关连着路由器时为 1。",
            {
                "pages": "sum(switchyard_gateway_open_websockets)",
                "router attached": "min(switchyard_gateway_router_attached)",
            },
        ),
        graph(
            "Surveys · 满意度调查",
            "With a rating (yes) or without; ratings are in the history. 有评分（yes）与没有评分的；评分在历史里。",
            {"{{rated}}": "sum by (rated) (increase(switchyard_gateway_surveys_total[$__range]))"},
        ),
    ),
)

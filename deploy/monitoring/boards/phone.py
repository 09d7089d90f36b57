"""Telephone: calls, recognition, transfers, waiting, how calls sound."""

from deploy.monitoring.panels import Board, graph, quantiles, rates, stat

BOARD = Board(
    name="phone",
    title="Switchyard: phone · 电话",
    panels=(
        stat(
            "Calls now · 当前通话",
            "Callers on the line, over all phones. 所有电话进程当前的来电数。",
            "sum(switchyard_phone_calls_active)",
        ),
        stat(
            "Turned away for being full · 占线拒绝",
            "Calls refused with 486: PHONE_CALLS_AT_ONCE is reached. 以 486 拒绝的来电：已达 PHONE_CALLS_AT_ONCE。",
            'sum(increase(switchyard_phone_refused_total{reason="busy"}[$__range])) or vector(0)',
        ),
        stat(
            "Transfers that worked · 转接成功率",
            "Agents joined, of all who were called. 呼叫坐席后成功接通的比例。",
            '(sum(increase(switchyard_phone_transfers_total{outcome="done"}[$__range])) or vector(0)) / sum(increase(switchyard_phone_transfers_total[$__range]))',
            unit="percentunit",
            least=0,
            most=1,
        ),
        stat(
            "Packets lost · 丢包率",
            "Of the sound that callers sent. 来电方语音包的丢失比例。",
            "sum(increase(switchyard_phone_packets_lost_total[$__range])) / (sum(increase(switchyard_phone_packets_lost_total[$__range])) + sum(increase(switchyard_phone_packets_received_total[$__range])))",
            unit="percentunit",
            least=0,
            most=1,
        ),
        graph(
            "Calls by line · 各线路来电",
            "Let in, by SIP or AudioSocket. 经 SIP 或 AudioSocket 接入的来电。",
            rates("switchyard_phone_calls_total", "line"),
        ),
        graph(
            "How calls end · 通话结束原因",
            "`lost`: nothing was heard any more. lost 表示再也收不到声音。",
            rates("switchyard_phone_calls_ended_total", "cause"),
        ),
        graph(
            "Refused at the door · 入口拒绝",
            "busy 486; too_fast, draining 503; unlisted 403. busy 为 486，too_fast 和 draining 为 503，unlisted 为 403。",
            rates("switchyard_phone_refused_total", "reason"),
        ),
        graph(
            "Time to answer · 接听用时",
            "From a call's arrival to its answer. 从来电到接听。",
            quantiles("switchyard_phone_setup_seconds", 0.5, 0.95, 0.99),
            unit="s",
            least=0,
        ),
        graph(
            "Keys and interruptions · 按键与打断",
            "Keys pressed; prompts that a key or a voice silenced. 按键次数；被按键或说话打断的提示音。",
            {
                "keys": "sum(rate(switchyard_phone_digits_total[$__rate_interval]))",
                **rates("switchyard_phone_barge_ins_total", "by"),
            },
        ),
        graph(
            "What was understood · 输入识别结果",
            "no_input: silence; no_match: not what was asked, by key or by voice. no_input 为没有输入，no_match 为按键或说话不符所问。",
            {
                **rates("switchyard_phone_heard_total", "result"),
                **rates("switchyard_phone_confirmations_total", "answer"),
                **rates("switchyard_phone_missed_total", "why"),
            },
        ),
        graph(
            "Recogniser time · 识别用时",
            "From the end of speech to its words; how often the engine was down. 从说完到得到文字；引擎不可用的次数。",
            {
                **quantiles("switchyard_phone_recognition_seconds", 0.5, 0.95),
                "down": "sum(increase(switchyard_phone_recognizer_down_total[$__range]))",
            },
            unit="s",
            least=0,
        ),
        graph(
            "Bot's turns · 机器人回合",
            "away: it gave no answer, and a person took over. away 表示没有回答，已转人工。",
            {
                **rates("switchyard_phone_bot_turns_total", "outcome"),
                **quantiles("switchyard_phone_bot_turn_seconds", 0.95),
            },
        ),
        graph(
            "Transfers by status · 转接结果",
            "By SIP status; an empty one means that none was reported. 按 SIP 状态；空白表示没有上报。",
            {
                "{{outcome}} {{status}}": "sum by (outcome, status) (rate(switchyard_phone_transfers_total[$__rate_interval]))"
            },
        ),
        graph(
            "Ends of waiting for a person · 等待人工的结局",
            "joined, called_back, left, or why nobody came. 已接通、已约回电、离开，或没有人的原因。",
            rates("switchyard_phone_persons_total", "outcome"),
        ),
        graph(
            "How calls sound · 通话质量",
            "Opinion score by the E-model: 4 is good, below 3.5 people complain. 按 E 模型估算的评分：4 分良好，低于 3.5 分会有人抱怨。",
            quantiles("switchyard_phone_mos", 0.5, 0.05),
            least=1,
            most=4.5,
        ),
        graph(
            "What could not be said · 无法播报与连接",
            "Lines without a voice; reports that the history never got; whether the router answers. 没有声音可说的语句；历史未收到的报告；路由器是否应答。",
            {
                "unspoken": "sum(increase(switchyard_phone_unspoken_total[$__range]))",
                "reports lost": "sum(increase(switchyard_phone_bot_events_lost_total[$__range]))",
                "router attached": "min(switchyard_phone_router_attached)",
            },
        ),
        graph(
            "Surveys after an agent · 坐席服务后的调查",
            "Answered or not, and why nobody was asked; ratings are in the history. 是否回答，以及未询问的原因；评分在历史里。",
            {
                "{{outcome}}": "sum by (outcome) (increase(switchyard_phone_surveys_total[$__range]))"
            },
        ),
        graph(
            "Whose number calls · 来电识别",
            "shared numbers are nobody's; away: the customers could not be asked. 共用号码谁也不算；away 表示无法查询客户。",
            {
                **rates("switchyard_phone_lookups_total", "outcome"),
                **quantiles("switchyard_phone_call_seconds", 0.5),
            },
        ),
    ),
)

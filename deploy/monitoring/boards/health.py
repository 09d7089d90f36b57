"""Whether processes live, what they cost, how their calls end, and how late the history is."""

from deploy.monitoring.panels import Board, bars, graph, quantiles, stat

_HANDLED = '{__name__=~"switchyard_.+_rpc_handled_total"}'
_FAILED = '{__name__=~"switchyard_.+_rpc_handled_total", code=~"INTERNAL|UNAVAILABLE|UNKNOWN|DEADLINE_EXCEEDED|DATA_LOSS"}'

BOARD = Board(
    name="health",
    title="Switchyard: platform health · 平台健康",
    panels=(
        stat(
            "Processes up · 运行的进程",
            "That Prometheus reaches. Prometheus 能取到的。",
            'count(up{job="switchyard"} == 1)',
        ),
        stat(
            "Processes down · 停止的进程",
            "That it does not reach. 取不到的。",
            'count(up{job="switchyard"} == 0) or vector(0)',
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "Alerts · 告警",
            "That fire now. 正在告警的。",
            'count(ALERTS{alertstate="firing"}) or vector(0)',
            steps=(("green", None), ("red", 1)),
        ),
        stat(
            "History behind · 历史落后",
            "How old the newest event is that was read, while there are more. 还有未读事件时，最新已读事件的年龄。",
            "max(switchyard_insights_lag_seconds)",
            unit="s",
        ),
        bars(
            "Up · 运行时间",
            "Since the start of each process. 各进程启动以来。",
            "time() - max by (process) (process_start_time_seconds)",
            unit="s",
        ),
        graph(
            "Processor · 处理器",
            "Seconds of CPU per second; 1 is a core. 每秒所用 CPU 秒数；1 即一个核。",
            {"{{process}}": "sum by (process) (rate(process_cpu_seconds_total[$__rate_interval]))"},
        ),
        graph(
            "Memory · 内存",
            "Resident. 常驻内存。",
            {"{{process}}": "sum by (process) (process_resident_memory_bytes)"},
            unit="bytes",
        ),
        graph(
            "Descriptors · 描述符",
            "Open files and connections over what is allowed. 打开的文件与连接占上限的比例。",
            {"{{process}}": "max by (process) (process_open_fds / process_max_fds)"},
            unit="percentunit",
        ),
        graph(
            "Calls by service · 各服务调用",
            "gRPC calls that ended, per second. 每秒结束的 gRPC 调用。",
            {
                "{{process}}": f"sum by (process) (rate({_HANDLED}[$__rate_interval]))",
            },
            unit="cps",
        ),
        graph(
            "Calls that failed · 失败的调用",
            "Internal, unavailable, unknown, too late, or lost: by service and code. 按服务与状态码。",
            {
                "{{process}} {{code}}": f"sum by (process, code) (rate({_FAILED}[$__rate_interval]))",
            },
            unit="cps",
        ),
        graph(
            "Time of the router's calls · 路由器调用用时",
            "With one response. 单次应答的调用。",
            quantiles("switchyard_router_rpc_latency_seconds", 0.5, 0.99),
            unit="s",
        ),
        graph(
            "Time of the customer adapter's calls · 客户适配器调用用时",
            "With one response. 单次应答的调用。",
            quantiles("switchyard_crm_rpc_latency_seconds", 0.5, 0.99),
            unit="s",
        ),
        graph(
            "Garbage collections · 垃圾回收",
            "Of the oldest generation, per second. 最老一代，每秒次数。",
            {
                "{{process}}": 'sum by (process) (rate(python_gc_collections_total{generation="2"}[$__rate_interval]))'
            },
        ),
        graph(
            "Streams open · 打开的流",
            "By service. 按服务。",
            {
                "router": "sum(switchyard_router_open_streams)",
                "crm": "sum(switchyard_crm_open_streams)",
            },
        ),
    ),
)

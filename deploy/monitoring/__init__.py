"""What operators watch: the table of metrics and the dashboards, made from the code.

`make monitoring` writes docs/metrics.md, docs/metrics.zh.md and deploy/grafana/dashboards.
"""

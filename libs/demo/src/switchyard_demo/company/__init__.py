"""The demo company: its agents, queues, customers, orders, bills and tickets, from a seed."""

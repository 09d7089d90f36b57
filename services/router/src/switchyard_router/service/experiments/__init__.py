"""Plans, reports and estimates of comparisons."""

"""`switchyard ab`: what plans, reports and estimates look like."""

"""What report.py measures: the cases (what is shown) and the metrics (how it is judged)."""

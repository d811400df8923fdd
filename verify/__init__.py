"""What is compared: measurements, intervals, verdicts and reports."""

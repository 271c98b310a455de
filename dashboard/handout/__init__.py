"""The report that is handed over: one file that shows a run and can be checked against the data."""

"""The page of a run, report.html: what a command found, to look at, in one file."""

"""The command line: what was typed, as options and as words again, and what is shown."""

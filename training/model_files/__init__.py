"""A model read and written: checkpoints, .keras files, PAIR.py, whose variable is whose."""

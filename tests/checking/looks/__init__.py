"""The looks beyond the first climb: what a few updates do not show."""

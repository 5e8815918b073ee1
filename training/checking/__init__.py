"""`check`: batches, both sides of a pair on the ladder, mistakes, the diagnosis."""

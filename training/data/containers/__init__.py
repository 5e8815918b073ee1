"""Files in which people keep digits; a reader for each kind, from a path to `Splits`."""

"""The graph that lies with a model's numbers: found, read as a network, asked for its answers."""

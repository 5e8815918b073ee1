"""The page of a rewrite: the ops of TensorFlow 1's graph, and the lines that they became."""

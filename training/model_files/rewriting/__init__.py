"""A TensorFlow 1 graph read as a network, written as Keras source, and its numbers carried over.

`sources` says what lies at SOURCE; `trained` goes with a graph that trains, `forward` with one that
gives outputs alone, which `outputs` compares.
"""

"""Mistakes that a rewrite can hold, each as a change to the Keras model that would mend it."""

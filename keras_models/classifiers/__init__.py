"""Classifiers of 28 x 28 pixels: which there are, their copies, and what of them trains."""

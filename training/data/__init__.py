"""Digits for training: `load(name)`, from an embedded set, TensorFlow Datasets or files."""

from training.data.digits import ALIGNMENT, Digits, Examples, load, load_all_classes, synthetic

__all__ = ["ALIGNMENT", "Digits", "Examples", "load", "load_all_classes", "synthetic"]

"""A classifier of 28 x 28 pixels as rows [N, 784] from 0 to 1 -> logits: what fine-tuning works on.

model = kinds.of_rows(model)        # any Sequential or functional model of a picture
kind = kinds.of(model)              # stack or network, which have the same functions
kind.layers(model)[-1]              # its head
"""

from types import ModuleType

import keras

from keras_models.classifiers import network, stack
from keras_models.classifiers.stack import NotAStack


def of_rows(model: keras.Model) -> keras.Model:
    """Return a copy of `model` that takes rows and gives logits: a stack where it is one.

    Raises NotAClassifier where it is neither Sequential nor functional, does not take one picture
    of 28 x 28, or ends in something but logits or a softmax.
    """
    for candidate in (lambda: model, lambda: network.as_stack(network.of_rows(model))):
        try:
            return stack.rebuild(candidate())
        except NotAStack:
            continue
    return network.of_rows(model)


def of(model: keras.Model) -> ModuleType:
    """Return what works on `model`, which `of_rows` gave: `stack`, or `network` for any other."""
    return stack if stack.is_one(model) else network

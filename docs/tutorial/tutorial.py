# %% [markdown]
# # From a TensorFlow 1 listing to a Keras 3 model that is proven the same
#
# You found a deep-learning listing that starts with `tf.placeholder`, and it does not run. By the end of
# this notebook it runs, you have rewritten it in Keras 3 line by line, you know that the rewrite is the
# same model and how you would notice if it were not, and the result reads a digit that somebody drew.
#
# It takes about a minute on two cores, and needs no GPU and no download of data.
#
# This file is made from `docs/tutorial/tutorial.py` by `make notebook`. [中文](tutorial.zh-CN.ipynb)

# %% [markdown]
# ## Set up
#
# In a clone after `make install` there is nothing to do, but for choosing its `.venv` as kernel (in VS Code; a JupyterLab
# that was started from it calls it Python 3). On Colab or another bare machine, put the project's address into `ADDRESS`: the
# next cell clones and installs it, in a few minutes. If it replaced packages that were loaded before, restart the kernel and
# begin again.
#
# `runs` is where this notebook writes, `import_tensorflow` is `import tensorflow` without its log lines, and
# all runs on the `cpu`, where bits are promised, also if there is a GPU.

# %%
ADDRESS = ""

import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents, Path.cwd() / "mnist-tf1-keras"]
project = next((folder for folder in folders if (folder / "keras_models").is_dir()), None)
if project is None:
    if not ADDRESS:
        raise FileNotFoundError("The project is not here: put its address into ADDRESS.")
    project = folders[-1]
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", ADDRESS, project], check=True)
sys.path.insert(0, str(project))
try:
    importlib.metadata.version("mnist-tf1-keras")
except importlib.metadata.PackageNotFoundError:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--editable", str(project)]
    subprocess.run(install, check=True)
runs = Path(tempfile.mkdtemp())

# %%
from training.machine import startup

startup.import_tensorflow()

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import keras_models
from tf1_compat import article
from training import cli, data
from training.machine import devices
from training.parity.distance import relative_distance, ulp_distance

cpu = devices.choose("cpu")


def tf1keras(*arguments):
    """The command `tf1keras`, in this process."""
    if cli.main([str(argument) for argument in arguments]) == 2:
        raise RuntimeError("tf1keras could not do that; the line above says why.")


print("TensorFlow", tf.__version__, "Keras", keras.__version__)

# %% [markdown]
# ## The error
#
# The first line of the listing's graph, on a TensorFlow of today:

# %%
try:
    tf.placeholder(tf.float32, [None, 784])
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown]
# TensorFlow 2 has no placeholders, no `Session` and no `tf.train.AdamOptimizer` under those names. They
# live on in `tf.compat.v1`, and that is enough to run the listing exactly: not "something like it", but
# its own graph.
#
# ## The data
#
# The listing takes its digits from variables that it never defines. 784 inputs and 10 outputs are MNIST.
# 5,000 genuine MNIST digits come with a package that is installed already.

# %%
digits = data.load("mnist_5k")
x, y = digits.train
print(digits.describe())
print("pixels", x.shape, x.dtype, "from", x.min(), "to", x.max(), "- labels", y.shape)

figure, panels = plt.subplots(1, 10, figsize=(10, 1.2))
for label, panel in enumerate(panels):
    panel.imshow(x[digits.train.labels == label][0].reshape(28, 28), cmap="gray")
    panel.set_title(label)
    panel.axis("off")

# %% [markdown]
# ## The listing runs again
#
# `tf1_compat/article.py` is the listing's graph, node for node. It is built inside a `tf.Graph`, so that
# nothing is switched off in the rest of this notebook, and it starts from the weights that TensorFlow 1.15
# drew for this seed. A session runs it, as in the listing: each loss is the one *before* that epoch's
# update.

# %%
EPOCHS = 20

with tf.Graph().as_default():
    tf.compat.v1.set_random_seed(1234)
    graph = article.build()
    with tf.compat.v1.Session(config=devices.session_config(cpu)) as session:
        session.run(tf.compat.v1.global_variables_initializer())
        initial = session.run(list(graph.weights.values()))  # W1, b1, W2, b2
        tf1_losses = []
        for epoch in range(EPOCHS):
            _, loss = session.run([graph.optimizer, graph.cost], {graph.X: x, graph.Y: y})
            tf1_losses.append(loss)
            if epoch < 3:
                print("Epoch:", epoch, "Loss:", loss)

# %% [markdown]
# ## The rewrite, line by line
#
# | in the listing | in Keras 3 |
# |---|---|
# | `tf.placeholder(tf.float32, [None, 784])` | `keras.Input([784])`: the rows are left out |
# | the placeholder of the labels | nothing: `fit` hands them to the loss |
# | `tf.Variable(tf.random_normal(...))`, `tf.matmul`, `+`, `tf.nn.relu` | `keras.layers.Dense(128, activation="relu")` |
# | the same without ReLU, for the logits | `keras.layers.Dense(10)` |
# | `softmax_cross_entropy_with_logits_v2`, `tf.reduce_mean` | `CategoricalCrossentropy(from_logits=True)` |
# | `tf.train.AdamOptimizer().minimize(cost)` | `keras.optimizers.Adam()` in `compile` |
# | `Session.run` in a loop of epochs | `fit(x, y, batch_size=len(x), epochs=..., shuffle=False)` |
# | `tf.global_variables_initializer()` | nothing |
#
# [From TensorFlow 1 to Keras 3](../understand/tf1-to-keras.md) has this for some seventy calls. To compare, both models
# must start from the same weights: `set_weights`.


# %%
def rewrite(optimizer):
    model = keras.Sequential(
        [
            keras.Input([784]),
            keras.layers.Dense(128, activation="relu", name="hidden_layer"),
            keras.layers.Dense(10, name="output_layer"),
        ]
    )
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    return model


def losses(model):
    model.set_weights(initial)
    fitted = model.fit(x, y, batch_size=len(x), epochs=EPOCHS, shuffle=False, verbose=0)
    return np.array(fitted.history["loss"], np.float32)


def show(name, found):
    far = relative_distance(found, tf1_losses).max()
    print(f"{name:28} {far:.1e} relative, {ulp_distance(found, tf1_losses).max()} ULP apart")


show("Adam()", losses(rewrite(keras.optimizers.Adam())))
show("Adam(epsilon=1e-8)", losses(rewrite(keras.optimizers.Adam(epsilon=1e-8))))

# %% [markdown]
# Close, and not the same. Is that a mistake, or rounding? From the curve alone nobody can tell: training
# amplifies any difference. But one thing there was a mistake: TensorFlow 1's `epsilon` was 1e-8, Keras' is
# 1e-7. What is left has two causes, and with both removed nothing is left at all:

# %%
show("the exact lane", losses(keras_models.article.build("exact")))

# %% [markdown]
# Zero: the same bits. `keras_models/exact/` has the two pieces that do it, a `Dense` that adds its bias
# as TensorFlow 1 did and an `Adam` that rounds as TensorFlow 1 did.
#
# ## The ladder: is *your* rewrite right?
#
# You will not want those two pieces in a model of your own, only to know that nothing else is wrong.
# `tf1keras check` copies the weights over, feeds both sides the same and climbs from one claim to the next.
# It takes a file with the graph and the Keras model:

# %%
PAIR = """
import keras
from tf1_compat import article


def tf1_graph():
    graph = article.build()
    return {"x": graph.X, "y": graph.Y, "logits": graph.output_layer, "cost": graph.cost,
            "train_op": graph.optimizer}


def keras_model():
    model = keras.Sequential([keras.Input([784]), keras.layers.Dense(128, activation="relu"),
                              keras.layers.Dense(10)])
    model.compile(OPTIMIZER, keras.losses.CategoricalCrossentropy(from_logits=True))
    return model
"""


def check(optimizer):
    pair = runs / "pair.py"
    pair.write_text(PAIR.replace("OPTIMIZER", optimizer))
    tf1keras("check", pair, "--steps", 3)


check("keras.optimizers.Adam(epsilon=1e-8)")

# %% [markdown]
# *Equivalent* is shown, not judged by a tolerance: with TensorFlow 1's arithmetic in place of Keras' every
# bit is equal. Now the rewrite with the default `epsilon`:

# %%
check("keras.optimizers.Adam()")

# %% [markdown]
# *Different*, and it names what is wrong.
#
# ## The ablation: what does each cause do?
#
# `tf1keras ablate` switches one cause on at a time in the exact model, in float32 and in float64. Rounding
# is what float64 shrinks; what it leaves where it is means that two programs compute different things.

# %%
causes = ["epsilon", "one_minus_beta", "bias_add", "probabilities"]
tf1keras("ablate", "--epochs", 5, "--causes", *causes, "--out", runs / "ablate")

# %% [markdown]
# [Why a Keras rewrite drifts](../understand/why-keras-drifts.md) explains these and the others.
#
# ## All lanes together
#
# `tf1keras compare` trains TensorFlow 1's graph, the exact and the idiomatic Keras model in lockstep. The
# listing trains 1000 epochs; here it is 100.

# %%
tf1keras("compare", "--epochs", 100, "--device", "cpu", "--out", runs / "compare")

plt.figure(figsize=(8, 6))
plt.imshow(plt.imread(runs / "compare" / "losses.png"))
_ = plt.axis("off")

# %% [markdown]
# ## Only a checkpoint is left?
#
# Beside every checkpoint TensorFlow 1's `Saver` writes a `.meta` file: the graph. That is enough for `tf1keras rewrite`
# to write the Keras model, and to prove it as `check` does. The listing's own checkpoint becomes:

# %%
tf1keras("rewrite", runs / "compare" / "tf1" / "model.ckpt", "--to", runs / "rewritten")

source = (runs / "rewritten" / "model.py").read_text()
print(source[source.index("def keras_model") : source.index("def batch")])

# %% [markdown]
# ## From the listing's result to a good model
#
# The listing's weights start from N(0, 1), about twenty times too large to train well. `tf1keras finetune`
# rescales them, which changes no prediction, and trains on with a recipe of today: four epochs of it here.

# %%
tf1keras("finetune", runs / "compare", "--epochs", 4, "--device", "cpu", "--out", runs / "tuned")

# %% [markdown]
# ## Which digit is that?
#
# A picture of any size, dark on bright or the other way round. It is brought into MNIST's form, and both Keras and TensorFlow 1's
# graph say what they see.

# %%
seven = project / "examples" / "seven.png"
tf1keras("predict", runs / "tuned", seven)

plt.figure(figsize=(1.5, 1.5))
plt.imshow(plt.imread(seven), cmap="gray")
_ = plt.axis("off")

# %% [markdown]
# Draw one yourself in any paint program, save it and put its name in place of `seven.png`.
#
# ## What you can do next
#
# - Try yourself: five [exercises](exercises.ipynb) that mark your answers.
# - Put your own graph and your own rewrite into a file like the one above: `tf1keras check PAIR.py`.
# - Carry a checkpoint of your own over, with the optimizer's state: `tf1keras rewrite`, or `tf1keras migrate`.
# - Something fails: [Troubleshooting](../do/troubleshooting.md).

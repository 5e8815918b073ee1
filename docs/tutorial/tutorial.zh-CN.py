# %% [markdown]
# # 从一段 TensorFlow 1 代码到一个证明过完全相同的 Keras 3 模型
#
# 你找到一段深度学习代码，开头是 `tf.placeholder`，一运行就报错。读完这个 notebook，它能跑了；你已经逐行把它改写成 Keras 3；你知道改写后的模型就是原来那个，也知道如果不是该怎么看出来；最后，它还能认出别人手写的一个数字。
#
# 两个核上大约一分钟，不需要 GPU，也不用下载数据。
#
# 本文件由 `make notebook` 从 `docs/tutorial/tutorial.zh-CN.py` 生成。[English](tutorial.ipynb)

# %% [markdown]
# ## 准备
#
# 如果是克隆下来的仓库，`make install` 之后什么都不用做，只要选对内核：VS Code 里选它的 `.venv`，从它启动的
# JupyterLab 里叫 Python 3。在 Colab 或别的地方：先把整个项目放过去（上传文件夹，或者克隆），再从它的 `docs` 文件夹打开这个 notebook，或者把工作目录设为项目所在的文件夹，下一格就会安装它。如果安装时替换了已经导入的包，请重启内核，从头再运行一遍。

# %%
import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents]
project = next((folder for folder in folders if (folder / "keras_models").is_dir()), None)
if project is None:
    raise FileNotFoundError("The project is not here: upload or clone it, and work inside of it.")
try:
    importlib.metadata.version("mnist-tf1-keras")
except importlib.metadata.PackageNotFoundError:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--editable", str(project)]
    subprocess.run(install, check=True)
    sys.path.insert(0, str(project))
runs = Path(tempfile.mkdtemp())  # 这个 notebook 写的文件都放在这里

# %%
from training.machine import startup

startup.import_tensorflow()  # 导入 TensorFlow，不打印它的日志

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import keras_models
from tf1_compat import article
from training import cli, data
from training.machine import devices
from training.parity.distance import relative_distance, ulp_distance

cpu = devices.choose("cpu")  # 逐比特相同只在 CPU 上保证，有 GPU 也用 CPU


def tf1keras(*arguments):
    """The command `tf1keras`, in this process."""
    if cli.main([str(argument) for argument in arguments]) == 2:
        raise RuntimeError("tf1keras could not do that; the line above says why.")


print("TensorFlow", tf.__version__, "Keras", keras.__version__)

# %% [markdown]
# ## 那个错误
#
# 原代码建图的第一行，放到今天的 TensorFlow 上：

# %%
try:
    tf.placeholder(tf.float32, [None, 784])
except AttributeError as error:
    print("AttributeError:", error)

# %% [markdown]
# TensorFlow 2 里没有 placeholder，`Session` 和 `tf.train.AdamOptimizer` 也不再叫这些名字。它们都还在
# `tf.compat.v1` 里，这就足以把原代码原样跑起来：不是“差不多的东西”，而是它自己的那张图。
#
# ## 数据
#
# 原代码从几个没有定义过的变量里取数字。784 个输入、10 个输出，那就是 MNIST。有 5,000 个真正的 MNIST 数字随一个已经装好的包一起来了。

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
# ## 原代码又能跑了
#
# `tf1_compat/article.py` 就是原代码的图，每个节点都一样。它建在一个 `tf.Graph` 里面，所以 notebook 的其余部分什么都不用关掉；起点是 TensorFlow 1.15 用这个种子生成的权重。和原代码一样，由 Session 来运行：每个损失都是该 epoch 更新**之前**的损失。

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
# ## 逐行改写
#
# | 原代码 | Keras 3 |
# |---|---|
# | `tf.placeholder(tf.float32, [None, 784])` | `keras.Input([784])`：不写行数 |
# | 标签的 placeholder | 不需要：`fit` 会把标签交给损失函数 |
# | `tf.Variable(tf.random_normal(...))`、`tf.matmul`、`+`、`tf.nn.relu` | `keras.layers.Dense(128, activation="relu")` |
# | 同样几行，但没有 ReLU，得到 logits | `keras.layers.Dense(10)` |
# | `softmax_cross_entropy_with_logits_v2`、`tf.reduce_mean` | `CategoricalCrossentropy(from_logits=True)` |
# | `tf.train.AdamOptimizer().minimize(cost)` | `compile` 里的 `keras.optimizers.Adam()` |
# | 在 epoch 的循环里 `Session.run` | `fit(x, y, batch_size=len(x), epochs=..., shuffle=False)` |
# | `tf.global_variables_initializer()` | 不需要 |
#
# [从 TensorFlow 1 到 Keras 3](../zh-CN/tf1-to-keras.md)列出了七十来个调用。要比较，两个模型必须从同样的权重出发：`set_weights`。


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
# 很接近，但不相同。是写错了，还是舍入误差？只看曲线谁也说不清：训练会放大任何一点差别。不过其中确实有一个错误：TensorFlow 1 的 `epsilon` 是 1e-8，Keras 的是 1e-7。剩下的差别有两个原因，都去掉以后，就什么都不剩了：

# %%
show("the exact lane", losses(keras_models.article.build("exact")))

# %% [markdown]
# 零：每一个比特都相同。做到这一点的是 `keras_models/exact.py` 里的两样东西：一个像 TensorFlow 1 那样加偏置的 `Dense`，和一个像 TensorFlow 1 那样舍入的 `Adam`。
#
# ## 阶梯：**你的**改写对不对？
#
# 你自己的模型用不着这两样东西，你只想知道别处没有写错。`tf1keras check` 把权重拷过去，给两边同样的数据，从一条结论爬到更强的下一条。它需要一个文件，里面有原来的图和 Keras 模型：

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
# “EQUIVALENT”（等价）是证明出来的，不是靠容差判断的：把 Keras 的算法换成 TensorFlow 1 的，每一个比特就都相同。再看用默认 `epsilon` 的改写：

# %%
check("keras.optimizers.Adam()")

# %% [markdown]
# “DIFFERENT”（不同），并且指出了错在哪里。
#
# ## 消融：每个原因各有多大影响？
#
# `tf1keras ablate` 在精确的模型里每次只打开一个原因，float32 和 float64 各训练一遍。float64 能缩小的是舍入误差；缩不小的，说明两个程序算的不是同一个东西。

# %%
causes = ["epsilon", "one_minus_beta", "bias_add", "probabilities"]
tf1keras("ablate", "--epochs", 5, "--causes", *causes, "--out", runs / "ablate")

# %% [markdown]
# [Keras 重写为什么会走样](../zh-CN/why-keras-drifts.md)解释了这几个原因和其余的原因。
#
# ## 所有路线一起
#
# `tf1keras compare` 让 TensorFlow 1 的图、精确的和惯用写法的 Keras 模型步调一致地训练。原代码训练 1000 个
# epoch，这里是 100 个。

# %%
tf1keras("compare", "--epochs", 100, "--device", "cpu", "--out", runs / "compare")

plt.figure(figsize=(8, 6))
plt.imshow(plt.imread(runs / "compare" / "losses.png"))
_ = plt.axis("off")

# %% [markdown]
# ## 从原代码的结果到一个好模型
#
# 原代码的权重从 N(0, 1) 出发，大约大了二十倍，不好训练。`tf1keras finetune` 先把它们缩小（所有预测都不变），再用今天的办法接着训练：这里只训练四个 epoch。

# %%
tf1keras("finetune", runs / "compare", "--epochs", 4, "--device", "cpu", "--out", runs / "tuned")

# %% [markdown]
# ## 这是哪个数字？
#
# 一张任意大小的图片，浅底深字或深底浅字都行。先把它变成 MNIST 的样子，再由 Keras 和 TensorFlow 1 的图各自回答。

# %%
seven = project / "examples" / "seven.png"
tf1keras("predict", runs / "tuned", seven)

plt.figure(figsize=(1.5, 1.5))
plt.imshow(plt.imread(seven), cmap="gray")
_ = plt.axis("off")

# %% [markdown]
# 你也可以用任何画图软件画一个，存下来，用它的名字替换 `seven.png`。
#
# ## 接下来可以做什么
#
# - 把你自己的图和改写放进上面那样的文件里：`tf1keras check PAIR.py`。
# - 把你自己的检查点连同优化器状态搬过来：`tf1keras migrate`。
# - 遇到问题：[常见问题](../zh-CN/troubleshooting.md)。

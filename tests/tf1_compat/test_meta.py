"""`.meta` files: what is imported of one, and what is refused before it is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tf1_compat import meta
from tf1_compat.reading.control_flow import as_tensorflow_1
from tf1_compat.state import Unreadable

tf1 = tf.compat.v1


def saved(folder: Path, change: Callable[[Any], None] = lambda nodes: None) -> Path:
    """The `.meta` of a line that is fitted, with nodes changed, and no checkpoint beside it."""
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 2], "x")
        w = tf1.Variable([[1.0], [2.0]], name="w", use_resource=False)
        cost = tf.reduce_mean(tf.matmul(x, w), name="cost")
        tf1.train.GradientDescentOptimizer(0.1).minimize(cost, name="train")
        definition = tf1.train.export_meta_graph(graph=graph, saver_def=tf1.train.Saver().saver_def)
    change(definition.graph_def.node)
    (folder / "model.ckpt.meta").write_bytes(definition.SerializeToString())
    return folder / "model.ckpt.meta"


def test_a_graph_comes_with_the_ends_that_are_named_and_trains(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf1.Session() as session:
        ends = meta.load(saved(tmp_path), x=["x:0"], cost={"is": "cost:0"}, train_op="train")
        session.run(tf1.global_variables_initializer())
        fed = {ends["x"][0]: np.ones((3, 2), np.float32)}
        costs = [session.run([ends["train_op"], ends["cost"]["is"]], fed)[1] for _ in range(2)]
    assert costs == pytest.approx([3, 2.8])


def test_gated_no_update_is_made_before_all_gradients_are_there(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        w, v = (tf1.get_variable(name, [], use_resource=False) for name in "wv")
        train = (tf1.train.GradientDescentOptimizer(rate).minimize for rate in (0.1, 0.2))
        tf.group([one(w * v, var_list=[of]) for one, of in zip(train, (w, v), strict=True)])
        tf1.train.export_meta_graph(str(tmp_path / "graph.meta"))
    for gated, waits_for in ((False, 1), (True, 2)):
        with tf.Graph().as_default() as graph:
            meta.load(tmp_path / "graph.meta", gated=gated, train_op="group_deps")
            update = graph.get_operation_by_name("GradientDescent/update_w/ApplyGradientDescent")
            assert len({*update.control_inputs, update.inputs[2].op}) == waits_for


def test_gated_nothing_is_averaged_before_it_is_updated(tmp_path: Path) -> None:
    with tf.Graph().as_default(), as_tensorflow_1():
        w = tf1.get_variable("w", [], use_resource=False)
        update = tf1.train.GradientDescentOptimizer(1.0).minimize(w)
        tf.group(update, tf1.train.ExponentialMovingAverage(0.75).apply([w]))
        tf1.train.export_meta_graph(str(tmp_path / "graph.meta"))
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        meta.load(tmp_path / "graph.meta", gated=True, train_op="group_deps")
        update = graph.get_operation_by_name("GradientDescent/update_w/ApplyGradientDescent")
        difference = graph.get_operation_by_name("ExponentialMovingAverage/AssignMovingAvg/sub_1")
        assert update in difference.control_inputs
        session.run(tf1.global_variables_initializer())
        w, average = tf1.global_variables()
        begun, _ = session.run(w), session.run("group_deps")
        assert session.run(average) == pytest.approx(begun - 0.25)


def test_what_a_queue_gives_is_a_placeholder_of_its_shape(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        rows = tf1.train.slice_input_producer([tf.ones([9, 5])])
        tf.abs(tf1.train.batch(rows, 4, name="rows"), name="after")
        tf1.train.export_meta_graph(str(tmp_path / "graph.meta"))
    with tf.Graph().as_default() as graph:
        x = meta.load(tmp_path / "graph.meta", x="rows:0", y="rows:0")["x"]
        assert (x.op.type, x.shape.as_list()) == ("Placeholder", [4, 5])
        assert graph.get_operation_by_name("after").inputs[0] is x


def test_a_name_that_is_not_in_it_is_answered_by_what_is(tmp_path: Path) -> None:
    with tf.Graph().as_default(), pytest.raises(Unreadable, match=r"no y:0 .* Placeholders .*: x,"):
        meta.load(saved(tmp_path), y="y:0")


def test_what_writes_files_is_left_out_with_all_that_waits_for_it(tmp_path: Path) -> None:
    """A Saver's ops, and training that would write what the file says."""

    def write_when_trained(nodes: Any) -> None:
        name = nodes.add(name="name", op="Const")
        name.attr["dtype"].type = name.attr["value"].tensor.dtype = 7
        name.attr["value"].tensor.string_val.append(bytes(tmp_path / "written"))
        nodes.add(name="evil", op="WriteFile", input=["name", "name"])
        next(node for node in nodes if node.name == "train").input.append("^evil")

    for change, trains in ((lambda nodes: None, True), (write_when_trained, False)):
        file = saved(tmp_path, change)
        ops = {node.name: node.op for node in meta.read(file).graph_def.node}
        assert not {"SaveV2", "WriteFile"} & {*ops.values()}
        assert ("train" in ops) == trains


def constant(kind: int, *lengths: int) -> Callable[[Any], None]:
    def add(nodes: Any) -> None:
        node = nodes.add(name="large", op="Const")
        node.attr["dtype"].type = node.attr["value"].tensor.dtype = kind
        for length in lengths:
            node.attr["value"].tensor.tensor_shape.dim.add().size = length

    return add


def variable(nodes: Any) -> None:
    (node,) = (node for node in nodes if node.op == "VariableV2")
    node.attr["shape"].shape.dim[0].size = 2**30


HOSTILE: dict[str, tuple[Callable[[Any], None], str]] = {
    "python": (lambda nodes: nodes.add(name="f", op="PyFunc"), "f calls a Python function"),
    "constants": (constant(1, 2**24, 2), "constants promise 134,217,932 bytes, where 67,108,864"),
    "text": (constant(7, 2**22), "constants promise 134,217,932 bytes"),
    "handles": (constant(20, 1), "large is resource, which no graph"),
    "variables": (variable, "variables promise 4,294,967,296 bytes, where 67,108,864 may be"),
    "nothing": (lambda nodes: nodes.__delitem__(slice(None)), "no op in it"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_before_it_is_imported(name: str, tmp_path: Path) -> None:
    change, said = HOSTILE[name]
    file = saved(tmp_path, change)
    with pytest.raises(Unreadable, match=rf"model\.ckpt\.meta: .*{said}"):
        meta.read(file)


def test_variables_may_be_as_large_as_the_checkpoint_beside_them(tmp_path: Path) -> None:
    file = saved(tmp_path, variable)
    with (tmp_path / "model.ckpt.data-00000-of-00001").open("wb") as data:
        data.truncate(2**32)  # takes no room on the disk
    assert meta.read(file).graph_def.node

"""Run by genuine TensorFlow 1.15.5 on Python 3.7 (`make tf115`), not by the tests' own Python.

python tf115_graphs.py RECORDED BACK OUT.json   losses of each graph: as it goes on, and from BACK

RECORDED has a folder for each graph, with its .meta, its checkpoint and the batches that followed;
BACK a checkpoint for each under the same name.
"""

import json
import os
import sys

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def fed(truth, arrays, step):
    return {
        name + ":0": arrays[value.split()[1]][step] if isinstance(value, str) else value
        for name, value in truth["training_feeds"].items()
    }


def losses(recorded, checkpoint):
    with open(os.path.join(recorded, "truth.json")) as file:
        truth = json.load(file)
    arrays = dict(np.load(os.path.join(recorded, "batches.npz")))
    one = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    with tf.Graph().as_default() as graph, v1.Session(config=one) as session:
        meta = os.path.join(recorded, "model.ckpt.meta")
        v1.train.import_meta_graph(meta).restore(session, checkpoint)
        train_op, found = graph.get_operation_by_name(truth["train_op"]), []
        for step in range(len(truth["losses_after"])):
            batch = fed(truth, arrays, step)
            found.append(float(session.run(truth["cost"], batch)))
            session.run(train_op, batch)
    return found


if __name__ == "__main__":
    recorded, back, out = sys.argv[1:]
    every = {
        name: [
            losses(os.path.join(recorded, name), os.path.join(checkpoints, name, "model.ckpt"))
            for checkpoints in (recorded, back)
        ]
        for name in sorted(os.listdir(back))
    }
    with open(out, "w") as file:
        json.dump(every, file)

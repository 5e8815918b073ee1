"""A network of exact pieces: layers and losses of the kinds that are TensorFlow 1's bits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from keras_models.writing.exact import costs
from keras_models.writing.layers import CELLS, PIECES
from keras_models.writing.losses import OF_TF1
from keras_models.writing.weights import RECURRENT
from tf1_compat.network import Layer, Loss, Network
from tf1_compat.network.graph import shortest

ALIKE = (
    *("softmax_cross_entropy", "sparse_softmax_cross_entropy"),
    *("categorical_log_loss", "binary_log_loss", "hinge"),
)
"""Kinds of losses that are TensorFlow 1's ops as they are written, weighted or not."""
OF_CLASSES, OF_TWO = "categorical_log_loss", "binary_log_loss"
BY_HAND = {
    **dict.fromkeys(("categorical_cross_entropy", "sparse_categorical_cross_entropy"), OF_CLASSES),
    **{"binary_cross_entropy": OF_TWO, OF_TWO: OF_TWO, OF_CLASSES: OF_CLASSES},
}
"""Kind of a loss of labels times logarithms -> that of its piece."""
ALONG = {OF_CLASSES: "sum", OF_TWO: "mean"}
"""What the piece does along the last axis, where nothing is said."""
ONE_KERNEL = {"kernel+recurrent_kernel": "kernel", "bias": "bias"}
ROLES = {
    "lstm": ONE_KERNEL,
    "simple_rnn": ONE_KERNEL,
    "gru": {
        f"{part}:{role}": f"{part}_{name}"
        for part in ("gates", "candidate")
        for role, name in ONE_KERNEL.items()
    },
}
"""Kind of recurrent layer -> its variables, where they are TensorFlow 1's, and its cell's."""
GATES = {"lstm": "icfo", "gru": "ru"}
"""Kind -> the order that TensorFlow 1's cell has its gates in."""
OTHERWISE = ("layer_normalization", "group_normalization")
"""Kinds of layers that Keras computes otherwise, and that have no piece."""


def of(network: Network) -> Network:
    """Return the network with pieces where there are any; needs its layers' `ops`."""
    made = {id(call.layer): _layer(call.layer) for call in network.calls}
    calls = tuple(replace(call, layer=made[id(call.layer)]) for call in network.calls)
    apart = costs.of(network) is not None
    losses = (_loss(one) if apart or not _alike(one) else one for one in network.losses)
    penalties = costs.penalties(network) if apart else network.penalties
    return replace(network, calls=calls, losses=tuple(losses), penalties=penalties)


def _layer(one: Layer) -> Layer:
    ops = one.ops
    if "bias_by_plus" in ops:
        kind = f"{'add_v2' if ops['bias_by_plus'] else 'bias_add'}_{one.kind}"
        rounds = one.options.get("activation") not in (None, "relu")
        if kind in PIECES:
            return _with(one, kind, apart=ops["shape_asked"] or not rounds)
    if "fused" in ops:
        kind = "tf1_fused_batch_norm" if ops["fused"] else "tf1_batch_norm"
        how = {name: ops[name] for name in ("rounded_momentum", "switched")}
        return _with(one, kind, **how)
    if "seeds" in ops:
        rate, (seed, seed2) = one.options["rate"], ops["seeds"]
        if ops["rounded_rate"]:
            rate = float(np.float32(1) - np.float32(1 - rate))
        return _with(one, "tf1_dropout", rate=rate, seed=seed, seed2=seed2)
    return _bidirectional(one) if one.kind == "bidirectional" else _recurrent(one)


def _recurrent(one: Layer) -> Layer:
    """Return a recurrent layer with TensorFlow 1's cell, if it is one's."""
    roles = ROLES.get(one.kind)
    if roles is None or {*one.variables} != {*roles}:
        return one
    if one.options.get("gates", GATES.get(one.kind)) != GATES.get(one.kind):
        return one
    variables = {roles[role]: name for role, name in one.variables.items()}
    how = "static_" if one.ops.get("unrolled") else ""
    return replace(one, kind=f"tf1_{how}{one.kind}", variables=variables)


def _bidirectional(one: Layer) -> Layer:
    """Return both directions with TensorFlow 1's cell, if they are of one."""
    ways: dict[str, dict[str, str]] = {"forward": {}, "backward": {}}
    for role, name in one.variables.items():
        way, _, of_cell = role.partition("/")
        ways[way][of_cell] = name
    within = replace(one.options["layer"], ops=one.ops)
    made = {way: _recurrent(replace(within, variables=its)) for way, its in ways.items()}
    variables = {
        f"{way}/{role}": name for way, its in made.items() for role, name in its.variables.items()
    }
    within = replace(within, kind=made["forward"].kind)
    return replace(one, options={**one.options, "layer": within}, variables=variables)


def _with(one: Layer, kind: str, **options: Any) -> Layer:
    return replace(one, kind=kind, options={**one.options, **options})


def _loss(one: Loss) -> Loss:
    if (by_hand := _by_hand(one)) is not None:
        return by_hand
    if not _has_piece(one):
        return one
    ops = {**one.ops}
    factor, one_hot = ops.pop("factor"), ops.pop("one_hot", False)
    kind = f"tf1_{one.kind.removeprefix('sparse_') if one_hot else one.kind}"
    if one.weighted:
        return replace(one, kind=kind)
    weight = shortest(one.weight / one.within * factor)
    options = {**one.options, **ops}
    return replace(one, kind=kind, options=options, summed=False, weight=weight, within=factor)


def _by_hand(one: Loss) -> Loss | None:
    """Return a loss of labels times logarithms as its piece; None for others."""
    kind = BY_HAND.get(one.kind, OF_CLASSES if "by_hand" in one.ops else None)
    if kind is None or one.weighted or "reduction" not in one.ops:
        return None
    along, factor = "sum" if "sum_along" in one.ops else None, one.ops["factor"]
    options = {**one.options, **({} if along == ALONG[kind] else {"along": along})}
    options |= {"from_logits": True} if "by_hand" in one.ops else {}
    summed = one.ops["reduction"] == "sum"
    weight = shortest(one.weight / one.within * factor)
    return replace(one, kind=kind, options=options, summed=summed, weight=weight, within=factor)


def _has_piece(one: Loss) -> bool:
    return one.kind in OF_TF1 and (one.weighted or "reduction" in one.ops)


def _alike(one: Loss) -> bool:
    as_keras = one.weighted or "one_hot" in one.ops or "by_hand" in one.ops
    return one.kind in ALIKE and one.kind not in BY_HAND and not as_keras


def lacking(network: Network) -> Iterator[str]:
    """Yield what is written as Keras' own, which may round otherwise, for want of a piece."""
    kinds = {_layer(one.layer).kind for one in network.calls}
    for kind in RECURRENT:
        if kind in kinds - {*CELLS, "bidirectional"}:
            yield f"the layer {kind}"
    for kind in OTHERWISE:
        if kind in kinds:
            yield f"the layer {kind}"
    without = {one.kind for one in network.losses if not (_has_piece(one) or _alike(one))}
    for kind in sorted(without - {*BY_HAND}):
        yield f"the loss {kind}"
    if costs.of(network) is None and (len(network.losses) > 1 or network.penalties):
        yield "the sum of losses and penalties"

"""A network of exact pieces: layers and losses of the kinds that are TensorFlow 1's bits."""

from dataclasses import replace
from typing import Any

import numpy as np

from keras_models.writing.losses import WEIGHTED
from keras_models.writing.weights import RECURRENT
from tf1_compat.network import Layer, Loss, Network
from tf1_compat.network.values import REST

ALIKE = (
    *("softmax_cross_entropy", "sparse_softmax_cross_entropy"),
    *("categorical_log_loss", "binary_log_loss", "hinge"),
)
"""Kinds of losses that are TensorFlow 1's ops as they are written, weighted or not."""


def of(network: Network) -> Network:
    """Return the network with pieces where there are any; needs its layers' `ops`."""
    made = {id(call.layer): _layer(call.layer) for call in network.calls}
    calls = tuple(replace(call, layer=made[id(call.layer)]) for call in network.calls)
    return replace(network, calls=calls, losses=tuple(map(_loss, network.losses)))


def _layer(one: Layer) -> Layer:
    ops = one.ops
    if "bias_by_plus" in ops and one.kind in ("dense", "conv2d"):
        return replace(one, kind=f"{'add_v2' if ops['bias_by_plus'] else 'bias_add'}_{one.kind}")
    if "fused" in ops:
        kind = "tf1_fused_batch_norm" if ops["fused"] else "tf1_batch_norm"
        return _with(one, kind, rounded_momentum=ops["rounded_momentum"])
    if "seeds" in ops:
        rate, (seed, seed2) = one.options["rate"], ops["seeds"]
        if ops["rounded_rate"]:
            rate = float(np.float32(1) - np.float32(1 - rate))
        return _with(one, "tf1_dropout", rate=rate, seed=seed, seed2=seed2)
    return one


def _with(one: Layer, kind: str, **options: Any) -> Layer:
    return replace(one, kind=kind, options={**one.options, **options})


def _loss(one: Loss) -> Loss:
    return replace(one, kind=f"weighted_{one.kind}") if _has_piece(one) else one


def _has_piece(one: Loss) -> bool:
    return one.weighted and one.kind in WEIGHTED


def lacking(network: Network) -> list[str]:
    """Return what is written as Keras' own, which may round otherwise, for want of a piece."""
    biased = {one.layer.kind for one in network.calls if "bias" in one.layer.variables}
    named = [f"the bias of {kind}" for kind in sorted(biased - {"dense", "conv2d", REST})]
    kinds = {one.layer.kind for one in network.calls}
    named += [f"the layer {kind}" for kind in RECURRENT if kind in kinds]
    others = {one.kind for one in network.losses if not _has_piece(one)} - {*ALIKE}
    named += [f"the loss {kind}" for kind in sorted(others)]
    summed = len(network.losses) > 1 or network.penalties
    return named + (["the sum of losses and penalties"] if summed else [])

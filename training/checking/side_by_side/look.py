"""Both models of a pair, layer by layer: what the page of a check shows beside its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import keras

from keras_models.clones import variants
from keras_models.pairing import Unmatched
from training.checking import localization
from training.checking.examination import Examination
from training.checking.failures import expected
from training.checking.judgement import Diagnosis
from training.checking.side_by_side import partners, smallest, source
from training.checking.side_by_side.graph_side import GraphSide
from training.checking.side_by_side.partners import Compared
from training.checking.side_by_side.rows import Call, Layer, Row, rows
from training.checking.side_by_side.smallest import Smallest
from training.model_files.pair import Pair
from training.parity.ladder import Rung

WhyNot = Literal["layers", "variables", "float64"]
"""Keras' layers cannot be seen, its variables not be paired, or float64 not be asked."""


@dataclass(frozen=True)
class SideBySide:
    """Both models in rows; there are none where Keras' layers cannot be seen."""

    rows: Sequence[Row] = ()
    why_not: WhyNot | None = None
    """Why no layer could be held against the graph; None: each was."""
    code: Mapping[int, str] = field(default_factory=dict)
    """The lines of PAIR.py that the rows name."""
    smallest: Smallest | None = None
    """The fewest rows that fail in float64."""

    @property
    def layer_departs(self) -> bool:
        """Whether there is a layer whose outputs the graph has nowhere."""
        return any(layer.departs for row in self.rows for layer in row.layers)

    @property
    def op_departs(self) -> bool:
        """Whether the graph has an op after the last tensor that both sides have."""
        return any(op.departs for row in self.rows for op in row.ops)


class _Marks(NamedTuple):
    """Where both sides depart: nothing is marked where they do not, or nobody knows."""

    node: Any | None = None
    """Keras' of the first layer whose outputs the graph has nowhere."""
    ops: Sequence[str] = ()
    """What comes after the last tensor that both sides have."""
    bare: str | None = None
    """That tensor, where it is what the layer gives without its activation."""


def look(examination: Examination, diagnosis: Diagnosis) -> SideBySide:
    """Return both sides of a pair, from its diagnosis."""
    if diagnosis.better:
        examination = examination.paired(diagnosis.better)
    model, failing = diagnosis.model or examination.fresh_model(), diagnosis.in_float64
    if not _can_be_seen(model):
        return SideBySide(why_not="layers")
    graph = GraphSide(examination.pair)
    with examination.masked(), examination.wide.scope():
        try:
            compared = partners.compare(examination, model, graph)
        except Exception as error:
            if not isinstance(error, Unmatched) and not expected(error, examination.pair.path):
                raise
            why_not: WhyNot = "variables" if isinstance(error, Unmatched) else "float64"
            return _shown(examination.pair, graph, (model, model), {}, _Marks(), why_not)
        marks = _marks(compared, graph, failing)
        least = None
        if failing is not None:
            nearby = marks.ops, graph.after(*graph.x)
            least = smallest.find(compared.case, failing, marks.node, nearby)
    models = model, compared.case.model
    return _shown(examination.pair, graph, models, compared.tensors, marks, least=least)


def _can_be_seen(model: keras.Model) -> bool:
    try:
        variants.variant(model)
    except Exception:  # whatever a user's layers do when they are cloned
        return False
    return bool(localization.nodes(model))


def _marks(compared: Compared, graph: GraphSide, failing: Rung | None) -> _Marks:
    logits = compared.case.examination.trace.observed.logits
    of_outputs = ("forward",) if logits else ("forward", "loss")
    if failing is None or failing.name not in of_outputs:
        return _Marks()
    wrong, last, bare = compared.wrong, None, False
    if wrong is not None:
        last, bare = partners.last_shared(compared, wrong)
    elif logits:  # the graph goes on where Keras ends, and not with its loss
        last = compared.last
    ops = [op for op in graph.after(last) if op not in compared.shared] if last else []
    return _Marks(wrong, ops, last if bare else None)


def _shown(
    pair: Pair,
    graph: GraphSide,
    models: tuple[keras.Model, keras.Model],
    tensors: Mapping[int, str],
    marks: _Marks,
    why_not: WhyNot | None = None,
    least: Smallest | None = None,
) -> SideBySide:
    """Return what is shown of a model and its float64 variant, whose inputs have other names."""
    model, wide = models
    nodes = localization.nodes(wide)
    names = [node.operation for node in localization.nodes(model) if node.is_input]
    inputs = dict(zip((id(node) for node in nodes if node.is_input), names, strict=True))
    operations = {id(node): inputs.get(id(node), node.operation) for node in nodes}
    every = {one.name: one for one in (*model._flatten_layers(), *operations.values())}
    lines = source.layer_lines(pair.path, every.values())
    calls = [
        Call(node, _layer(node, operations[id(node)], lines, tensors, marks)) for node in nodes
    ]
    places = (graph.place(name) for name in marks.ops)
    made = rows(graph, calls, next((place for place in places if place is not None), None))
    named = {op.line for row in made for op in row.ops}
    named |= {layer.line for row in made for layer in row.layers}
    code = {line: text for line, text in source.lines(pair.path).items() if line in named}
    return SideBySide(made, why_not, code, least)


def _layer(
    node: Any,
    operation: Any,
    lines: Mapping[str, int],
    tensors: Mapping[int, str],
    marks: _Marks,
) -> Layer:
    departs = node is marks.node
    return Layer(
        operation.name,
        type(operation).__name__,
        tuple(node.outputs[0].shape),
        lines.get(operation.name),
        tensors.get(id(node)),
        marks.bare if departs else None,
        departs,
    )

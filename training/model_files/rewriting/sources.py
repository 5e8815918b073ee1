"""What `tf1keras rewrite` reads: a graph beside a checkpoint or alone, a frozen one, a SavedModel.

find(Path("old/model.ckpt-300.meta"))  ->  Source("checkpoint", ...)
"""

from dataclasses import dataclass
from pathlib import Path

from training.errors import UserError
from training.machine import paths
from training.model_files import prefixes, reading
from training.model_files.graphs import found as found_graph
from training.model_files.reading import Kind


@dataclass(frozen=True)
class Source:
    """Where a graph lies, and the numbers of its variables."""

    kind: Kind
    """checkpoint: a graph that may train; frozen, saved_model."""
    graph: Path
    """The .meta file, the .pb file, the SavedModel's folder."""
    checkpoint: Path | None
    """Prefix; None: none is there, or the graph holds its weights."""
    chosen: str | None = None
    """What was chosen among several, as a sentence."""

    @property
    def without_weights(self) -> str:
        """Why no weights are carried over."""
        return f"No checkpoint is beside {self.graph.name}, and so there is no model.keras."


def find(path: Path) -> Source:
    """Return what lies at `path`; UserError where it is no TensorFlow 1 graph."""
    given = paths.expand(path)
    if given.suffix == ".meta" and given.is_file() and prefixes.of(given) == given:
        return Source("checkpoint", given, None)
    kind, found = reading.kind(given)
    graph = found_graph.file(kind, found)
    if graph is None:
        raise UserError(
            f"{given}: expected a TensorFlow 1 checkpoint with its graph beside it, "
            f"{found.name}.meta, as a Saver writes both; or a .meta file, a frozen graph (.pb), a "
            "SavedModel folder."
        )
    checkpoint = None if kind == "frozen" else found
    return Source(kind, graph, checkpoint, reading.newest_of(given, found))

"""Which file holds the graph of a source: a checkpoint's .meta, a SavedModel, a frozen graph."""

from pathlib import Path

from training.machine import paths
from training.model_files import reading
from training.model_files.reading import Kind


def file(found: Kind, path: Path, meta: Path | None = None) -> Path | None:
    """Return `meta`, if it is given, or what a source of this kind has; or None.

    Of a SavedModel that is the folder. Raises UserError for a `meta` that is not there.
    """
    if meta is not None:
        given = paths.expand(meta)
        given = given.parent if given.name == reading.SAVED_MODEL else given
        if not (given / reading.SAVED_MODEL).is_file():
            paths.check(given, "the .meta file that a Saver writes", f"--meta {meta}")
        return given
    if found == "frozen":
        return path
    if found == "saved_model":
        return path.parent.parent
    beside = path.with_name(f"{path.name}.meta")
    return beside if found == "checkpoint" and beside.is_file() else None

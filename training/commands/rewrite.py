"""`tf1keras rewrite SOURCE --to DIR`: the Keras source of a TensorFlow 1 checkpoint, with proof.

    tf1keras rewrite old/model.ckpt --to new

Reads the graph (`tf1_compat/network/`), writes it (`keras_models/writing/`), checks what was
written as `tf1keras check` does, and carries the checkpoint over. Of a graph that gives outputs
alone, those are compared. Exit status 0: identical or equivalent; 1: different; 2: unusable input;
3: undecided.
"""

import contextlib
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.command_line import words
from training.command_line.output import Output
from training.commands.check import STATUS
from training.errors import UserError
from training.machine import devices, environment, files
from training.model_files.graphs import answers
from training.model_files.pair import Pair
from training.model_files.rewriting import forward, outputs, sources, trained
from training.model_files.rewriting.sources import Source
from training.options.rewrite import RewriteConfig
from training.runs import folders, names

if TYPE_CHECKING:
    from training.checking.judgement import Diagnosis

ROWS, STEPS = 32, 10
"""Rows of a batch, where the graph leaves them open, and updates, to check the model with."""
LARGE, FEW_ROWS, FEW_STEPS = 2**22, 8, 4
"""Numbers that layers give for ROWS, and what a model that gives more is checked with."""
BUDGET = 10.0
"""Seconds to look for what a wrong model has wrong."""


class Unproven(Exception):
    """What was written is not proven to be the graph; it says why."""

    def __init__(self, verdict: str, said: str) -> None:
        super().__init__(said)
        self.verdict = verdict


def run(config: RewriteConfig) -> int:
    """Run the command; return its exit status."""
    final = names.choose("rewrite", config.to, "--to")
    device = devices.choose("cpu")
    out = Output(config)
    out.note(environment.banner())
    source = sources.find(config.source)
    if source.chosen:
        out.note(source.chosen)
    write = _trained if source.kind == "checkpoint" and config.logits is None else _forward
    session = devices.session_config(device)
    try:
        with folders.begin(final) as folder, contextlib.redirect_stdout(sys.stderr):
            files.write_json(folder / "config.json", words.options(config))
            files.write_json(folder / "environment.json", environment.describe())
            text, facts = write(source, config, folder, session)
            files.write_json(folder / "rewrite.json", facts)
    except Unproven as unproven:
        print(unproven, file=sys.stderr)
        return STATUS[unproven.verdict]
    out.show(text)
    out.where(final)
    out.result(facts, final)
    return 0


def _trained(
    source: Source, config: RewriteConfig, folder: Path, session: object
) -> tuple[str, dict[str, Any]]:
    """Write a network that trains; return what is said of it."""
    from training.reports import rewrite
    from training.reports.rewriting import page
    from training.reports.rewriting.stretches import Stretches

    rewritten = trained.read(source, config)
    written = rewritten.write(folder)
    loaded = trained.load(rewritten, written, config.seed)
    trained.prove_batch(rewritten, written, loaded.graph, config.seed)
    found = _prove(loaded, config, session)
    if config.exact and found.verdict != "identical":
        raise UserError(rewrite.inexact(rewritten.network, found))
    proof, aside = trained.carry_over(rewritten, loaded, folder / "model.keras")
    stretches = Stretches(loaded.graph, rewritten.network)
    rest = rewrite.rest(rewritten.network)
    outside = rewritten.network.outside
    page.write(folder, config, rewritten.written, stretches, found, proof, aside, rest, outside)
    read = rewritten.network, rewritten.weight_map
    text = rewrite.text(rewritten.network, found, proof, aside)
    return text, rewrite.facts(*read, found, proof, aside)


def _forward(
    source: Source, config: RewriteConfig, folder: Path, session: object
) -> tuple[str, dict[str, Any]]:
    """Write a network that gives outputs; return what is said of it."""
    from training.checking.judgement import PROVEN, Diagnosis
    from training.reports import rewrite
    from training.reports.rewriting import page
    from training.reports.rewriting.stretches import Stretches

    read = forward.read(source, config)
    make, found = outputs.prove(read, read.write(folder), config.seed, session)
    if found.verdict not in PROVEN:
        raise Unproven(found.verdict, rewrite.forward_unproven(found))
    proof = forward.carry_over(read, make(), folder / "model.keras")
    stretches = Stretches(read.function, read.network)
    judged = Diagnosis(found.verdict, found.rungs)
    rest = rewrite.rest(read.network)
    page.write(folder, config, read.made(), stretches, judged, proof, read.aside, rest, {})
    return rewrite.forward_text(read, found, proof), rewrite.forward_facts(read, found, proof)


def _prove(loaded: Pair, config: RewriteConfig, session: object) -> "Diagnosis":
    """Return the verdict on the model written; raises Unproven."""
    import keras

    from training.checking import batches
    from training.checking.diagnosis import diagnose
    from training.checking.examination import Examination
    from training.checking.judgement import PROVEN
    from training.checking.recording import Given
    from training.reports import rewrite

    fixed = [fed.shape[0] for fed in keras.tree.flatten(loaded.x) if fed.shape and fed.shape[0]]
    large = LARGE < ROWS * answers.numbers_of_a_row(loaded.sample) < math.inf
    rows, steps = (FEW_ROWS, FEW_STEPS) if large else (ROWS, STEPS)
    drawn = batches.synthetic(loaded, fixed[0] if fixed else rows, steps, config.seed)
    found = diagnose(Examination(Given(loaded, drawn, config.seed, session)), BUDGET)
    if found.verdict not in PROVEN:
        raise Unproven(found.verdict, rewrite.unproven(found))
    return found

"""`tf1keras rewrite SOURCE --to DIR`: the Keras source of a TensorFlow 1 checkpoint, with proof.

    tf1keras rewrite old/model.ckpt --to new

Reads the graph (`tf1_compat/network/`), writes it (`keras_models/writing/`), checks what was
written as `tf1keras check` does, and carries the checkpoint over. Exit status 0: identical or
equivalent; 1: different; 2: unusable input; 3: undecided.
"""

import contextlib
import sys
from typing import TYPE_CHECKING

from training.command_line import words
from training.command_line.output import Output
from training.commands.check import STATUS
from training.machine import devices, environment, files
from training.model_files import rewriting
from training.model_files.pair import Pair
from training.options.rewrite import RewriteConfig
from training.runs import folders, names

if TYPE_CHECKING:
    from training.checking.judgement import Diagnosis

ROWS, STEPS = 32, 10
"""Rows of a batch, and updates, that the model is checked with."""
BUDGET = 10.0
"""Seconds to look for what a wrong model has wrong."""


class Unproven(Exception):
    """What was written is not proven to be the graph."""

    def __init__(self, found: "Diagnosis") -> None:
        super().__init__(found.verdict)
        self.found = found


def run(config: RewriteConfig) -> int:
    """Run the command; return its exit status."""
    final = names.choose("rewrite", config.to, "--to")
    device = devices.choose("cpu")
    from training.reports import rewrite

    out = Output(config)
    out.note(environment.banner())
    try:
        with folders.begin(final) as folder, contextlib.redirect_stdout(sys.stderr):
            files.write_json(folder / "config.json", words.options(config))
            rewritten = rewriting.read(config)
            source = rewritten.write(folder)
            loaded = rewriting.load(rewritten, source, config.seed)
            rewriting.prove_batch(rewritten, source, loaded.graph, config.seed)
            found = _prove(loaded, config, devices.session_config(device))
            proof, aside = rewriting.carry_over(rewritten, loaded, folder / "model.keras")
            read = rewritten.network, rewritten.weight_map
            facts = rewrite.facts(*read, found, proof, aside)
            files.write_json(folder / "rewrite.json", facts)
    except Unproven as unproven:
        print(rewrite.unproven(unproven.found), file=sys.stderr)
        return STATUS[unproven.found.verdict]
    out.show(rewrite.text(rewritten.network, found, proof, aside))
    out.where(final)
    out.result(facts, final)
    return 0


def _prove(loaded: Pair, config: RewriteConfig, session: object) -> "Diagnosis":
    """Return the verdict on the model written; raises Unproven."""
    from training.checking import batches
    from training.checking.diagnosis import diagnose
    from training.checking.examination import Examination
    from training.checking.judgement import PROVEN
    from training.checking.recording import Given

    drawn = batches.synthetic(loaded, ROWS, STEPS, config.seed)
    found = diagnose(Examination(Given(loaded, drawn, config.seed, session)), BUDGET)
    if found.verdict not in PROVEN:
        raise Unproven(found)
    return found

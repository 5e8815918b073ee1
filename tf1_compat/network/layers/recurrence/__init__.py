"""Recurrent layers: cells that run in a loop of the graph, or step by step.

A tensor in the body of a loop stands for the sequence of what it is at each step, [N, steps, ...].
So what a body does with it, dropout or another cell, is a layer over sequences. Steps that a graph
makes one by one are put side by side again.
"""

from tf1_compat.network.layers.recurrence import lengths, loops, rows, unrolled

PATTERNS = (
    *(
        loops.recurrent,
        loops.unknown,
        loops.dropped,
        loops.last_state,
        loops.step_read,
        loops.outputs,
        lengths.zeroed,
    ),
    *(lengths.beyond, loops.reverse, unrolled.side_by_side, unrolled.last_state),
    *(rows.last_step, rows.last_of_length, rows.as_rows, rows.as_steps),
)
"""To be tried in this order, before those of other layers."""

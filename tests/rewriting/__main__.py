"""Random networks through `rewrite` and back: python -m tests.rewriting [HOW MANY [FIRST SEED]]

Prints how many came back as the same network, how many of those with TensorFlow 1's very bits, the
largest distance of outputs and cost, and how often each layer was drawn.
"""

import sys
from collections import Counter


def main(count: int = 200, first: int = 0) -> int:
    """Run `count` round trips; return 0 if all of them came back."""
    from tests.rewriting import models, round_trip

    drawn, exact, largest, failed = Counter[str](), 0, 0.0, []
    for seed in range(first, first + count):
        there = models.draw(seed)
        back = round_trip.go(there)
        drawn.update(type(one).__name__ for one in there.made)
        exact += back.exact
        largest = max(largest, back.distance)
        if not back.same:
            failed.append(seed)
    print(f"{count} networks, {count - len(failed)} of them the same, {exact} in every bit.")
    print(f"Largest distance {largest:.1e}, relative. Not the same: {failed or 'none'}.")
    print(", ".join(f"{name} {times}" for name, times in sorted(drawn.items())))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

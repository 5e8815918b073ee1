"""How many digits are on a picture, and where: strokes that hang together, or nearly."""

import numpy as np

STRONG = 0.35
"""Of the strongest ink: what is fainter joins nothing."""
TALL = 0.5
"""Of the tallest part's height: what is lower is no digit of its own, but a stroke of the nearest,
such as the bar of a 5, or a speck."""
NEAR = 0.3
"""Of a digit's height: how far such a stroke may be from it."""
ABOVE = 0.15
"""Of the tallest's height: parts no farther over one another are one digit that is broken."""
AROUND = 0.1
"""Of a digit's height: as far from it there may be ink of it that is faint."""
MOST = 300
"""Parts: more of them are no digits, but grain, a photograph, print; it is taken as it is."""

Box = tuple[int, int, int, int]
"""Top, left, bottom, right; the last two are outside."""


def separate(above: np.ndarray) -> list[np.ndarray]:
    """Return each digit cut out, the others' ink gone from it, line by line, left to right.

    `above` [H, W] is the ink, 0 for paper.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(above > STRONG * above.max(), np.ones((3, 3)))
    boxes = [(y.start, x.start, y.stop, x.stop) for y, x in ndimage.find_objects(labels)]
    groups = _groups(boxes) if len(boxes) <= MOST else []
    if len(groups) < 2:
        return [above]
    where = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    nearest = labels[tuple(where)]
    return [_cut(above, nearest, group, boxes) for group in _in_lines(groups, boxes)]


def _groups(boxes: list[Box]) -> list[list[int]]:
    """Return for each digit which boxes are of it."""
    tallest = max(bottom - top for top, _, bottom, _ in boxes)
    tall = [at for at, box in enumerate(boxes) if box[2] - box[0] >= TALL * tallest]
    groups: list[list[int]] = []
    for at in tall:
        broken = [
            group for group in groups if any(_broken(boxes[at], boxes[of], tallest) for of in group)
        ]
        groups = [group for group in groups if group not in broken]
        groups.append([at, *(of for group in broken for of in group)])
    for at in set(range(len(boxes))) - set(tall):
        distance, nearest = min(
            (_distance(boxes[at], boxes[of]), number)
            for number, group in enumerate(groups)
            for of in group
        )
        if distance <= NEAR * tallest:
            groups[nearest].append(at)
    return groups


def _broken(one: Box, other: Box, tallest: int) -> bool:
    """Say whether two parts are over one another, with next to nothing between them."""
    width = min(one[3], other[3]) - max(one[1], other[1])
    narrower = min(one[3] - one[1], other[3] - other[1])
    between = max(one[0], other[0]) - min(one[2], other[2])
    return 2 * width >= narrower and between <= ABOVE * tallest


def _distance(one: Box, other: Box) -> int:
    """Return how many pixels are between two boxes, in the direction in which they are more."""
    return max(max(one[at], other[at]) - min(one[at + 2], other[at + 2]) for at in (0, 1))


def _around(group: list[int], boxes: list[Box]) -> Box:
    tops, lefts, bottoms, rights = zip(*(boxes[at] for at in group), strict=True)
    return min(tops), min(lefts), max(bottoms), max(rights)


def _in_lines(groups: list[list[int]], boxes: list[Box]) -> list[list[int]]:
    """Return the digits as they are read: a line is what has its middle within its first one."""
    left = sorted(groups, key=lambda group: _around(group, boxes)[0])
    read: list[list[int]] = []
    while left:
        _, _, bottom, _ = _around(left[0], boxes)
        line = [one for one in left if sum(_around(one, boxes)[::2]) / 2 < bottom]
        read += sorted(line, key=lambda group: _around(group, boxes)[1])
        left = [one for one in left if one not in line]
    return read


def _cut(above: np.ndarray, nearest: np.ndarray, group: list[int], boxes: list[Box]) -> np.ndarray:
    """Return what is nearest to the digit's own strokes, with paper around it."""
    top, left, bottom, right = _around(group, boxes)
    margin = 1 + round(AROUND * (bottom - top))
    window = (
        slice(max(0, top - margin), bottom + margin),
        slice(max(0, left - margin), right + margin),
    )
    own = np.isin(nearest[window], [at + 1 for at in group])
    return np.where(own, above[window], 0)

"""Random numbers behind a graph's cost, such as a sampler's, given instead of drawn."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tf1_compat.reading.draws import Draw


class Noise:
    """The draws of a graph in a session.

    Each takes the numbers of its kind's stream, [n] float32, from its start, over and over; without
    streams it draws them.
    """

    def __init__(
        self,
        session: tf.compat.v1.Session,
        draws: Sequence[Draw],
        streams: Mapping[str, np.ndarray] | None,
    ) -> None:
        self._session, self._draws, self._streams = session, draws, streams

    def feeds(self, fed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return what the draws are fed where placeholders are `fed`."""
        if not self._draws or self._streams is None:
            return {}
        sizes = self._session.run([one.size for one in self._draws], fed)
        pairs = zip(self._draws, sizes, strict=True)
        return {one.drawn: np.resize(self._streams[one.kind], size) for one, size in pairs}

"""Learning rates that rise at first, which Keras has no schedules for."""

from typing import Any

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from keras_models.exact import PACKAGE


@keras.saving.register_keras_serializable(package=PACKAGE)
class NoamDecay(LearningRateSchedule):
    """scale * min(slope * t, t^-0.5), where t is step + 1: it rises for slope^(-2/3) steps.

    From "Attention is all you need", section 5.3, where slope is warmup_steps^-1.5.
    """

    def __init__(self, scale: float, slope: float) -> None:
        self.scale, self.slope = scale, slope

    def __call__(self, step: Any) -> tf.Tensor:
        """Return the rate of a step, [], from 0 on."""
        number = tf.cast(step, keras.config.floatx()) + 1
        return self.scale * tf.minimum(self.slope * number, number**-0.5)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        return {"scale": self.scale, "slope": self.slope}


@keras.saving.register_keras_serializable(package=PACKAGE)
class LinearWarmup(LearningRateSchedule):
    """peak * step / warmup_steps at first, then `after`, a number or a schedule of the step."""

    def __init__(self, after: float | LearningRateSchedule, peak: float, warmup_steps: int) -> None:
        self.after, self.peak, self.warmup_steps = after, peak, warmup_steps

    def __call__(self, step: Any) -> tf.Tensor:
        """Return the rate of a step, [], from 0 on."""
        number = tf.cast(step, keras.config.floatx())
        then = self.after(step) if isinstance(self.after, LearningRateSchedule) else self.after
        then = tf.cast(then, number.dtype)
        rising = self.peak * (number / float(self.warmup_steps))
        return tf.where(number < self.warmup_steps, rising, then)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs."""
        after = keras.saving.serialize_keras_object(self.after)
        return {"after": after, "peak": self.peak, "warmup_steps": self.warmup_steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LinearWarmup":
        """Return the schedule."""
        after = keras.saving.deserialize_keras_object(config["after"])
        return cls(**{**config, "after": after})

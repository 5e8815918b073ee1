"""Variables with names of their own: which is which of the article's, as far as their shapes tell.

    w [784, 128], b [128], v [128, 10], c [10]
->  {"w": "hidden_layer/kernel", "b": "hidden_layer/bias", "v": "output_layer/kernel", ...}
"""

import itertools
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf1_compat.hyperparameters import N_INPUT, N_OUTPUT, Hyperparameters
from training.command_line import words
from training.errors import UserError
from training.options.migrate import MigrateConfig

if TYPE_CHECKING:
    import keras
    import numpy as np

Shape = tuple[int, ...]

MAP = Path("map.json")
NUMBER = re.compile(r"_(\d+)(?=/|$)")
"""How TensorFlow 1 tells apart what was made one after another."""
MOST_LAYERS = 12
"""There could be too many orders of more to try them."""
LONGEST = 300
"""Characters that are shown of names and their shapes."""


def refusal(config: MigrateConfig, path: Path, arrays: "Mapping[str, np.ndarray]") -> UserError:
    """Return the error about the checkpoint `path`, which holds `arrays` by no name of the article.

    It has a `--map` to copy where shapes leave no doubt, and one to choose from where several have
    the same. Raises StateError for slots of several optimizers.
    """
    from tf1_compat import checkpoint

    layout = checkpoint.layout(arrays)  # without slots, powers and step
    shapes = {name: arrays[name].shape for name in layout.weights if arrays[name].ndim}
    widths = article(shapes)
    if widths is None:
        what = "not the article's variables, neither by name nor by shape"
        if odd := [name for name in layout.weights if arrays[name].dtype == object]:
            what += f" ({', '.join(odd)} holds no numbers)"
        if any(len(shape) > 2 for shape in shapes.values()):
            what = "variables of convolutions, and no stack of Dense layers"
        return UserError(
            f"{path}: {what}; found {_listed(shapes)}.\nWith {path.name}.meta, the graph that a "
            f"Saver writes beside it, `tf1keras rewrite {path} --to DIR` writes its Keras model; "
            "--meta FILE says where else it is.\nWithout one: --pair PAIR.py, which has the graph "
            "and its Keras model."
        )
    bare = layout.rule != "Adam"
    again = replace(config, map=MAP, weights_only=config.weights_only or bare)
    counters = [name for name, one in arrays.items() if one.dtype.kind == "i" and not one.ndim]
    command = shlex.join(["tf1keras", *words.of(again)])
    known = f"{path}: its variables have names of their own, but the shapes of the article's "
    known += "-".join(map(str, widths)) + _state_of(layout.rule)
    found = candidates(shapes, widths)
    if len(counters) == 1 and counters[0] != checkpoint.GLOBAL_STEP:
        found[f"step:{arrays[counters[0]].dtype}"] = counters
    text = _as_json(found)
    if all(len(names) == 1 for names in found.values()):
        return UserError(
            f"{known}. Save which is which, and go on:\necho {shlex.quote(text)} > {MAP}\n{command}"
        )
    open_ = {name: shapes[name] for names in found.values() if len(names) > 1 for name in names}
    return UserError(
        f"{known}; shapes do not tell which is which of {_listed(open_)}.\n"
        f"Choose one of each, and save it as {MAP}: {text}\n{command}"
    )


def _state_of(rule: str | None) -> str:
    """Return what is to be said of the optimizer's state: the article's is Adam's."""
    if rule is None:
        return ", without an optimizer's state"
    said = f"; its state of {rule} goes with --meta FILE or --pair PAIR.py only"
    return "" if rule == "Adam" else said


def paths(model: "keras.Model") -> set[str]:
    """Return layer/variable of each weight."""
    return {"/".join(weight.path.split("/")[-2:]) for weight in model.weights}


def unnamed(path: Path, model: "keras.Model") -> UserError:
    """Return the error about a `.keras` file whose variables nothing names in TensorFlow 1."""
    some = ", ".join(f'"...": "{weight.path}"' for weight in model.weights[:2])
    return UserError(
        f"{path}: its layers have other names than the article's, and nothing says what their "
        "variables are called in TensorFlow 1.\n--meta FILE takes the names from the .meta file of "
        f"the graph that it was made of; --map FILE says them: {{{some}, ...}}"
    )


def article(shapes: Mapping[str, Shape]) -> tuple[int, ...] | None:
    """Return the widths of the article's model whose variables have `shapes`.

    None where there is none, or where the kernels could be put in order in several ways.
    """
    kernels: Counter[Shape] = Counter(shape for shape in shapes.values() if len(shape) == 2)
    if kernels.total() > MOST_LAYERS:
        return None
    orders = list(itertools.islice(_orders(kernels, N_INPUT), 2))
    if len(orders) != 1 or Counter(_places(orders[0]).values()) != Counter(shapes.values()):
        return None
    return orders[0]


def _orders(left: Counter[Shape], width: int) -> Iterator[tuple[int, ...]]:
    """Yield the widths from `width` to the last through kernels of such shapes, each taken once."""
    if not left and width == N_OUTPUT:
        yield (width,)
    for shape in left:
        if shape[0] == width:
            for others in _orders(left - Counter([shape]), shape[1]):
                yield (width, *others)


def _places(widths: tuple[int, ...]) -> dict[str, Shape]:
    """Return path of the Keras variable -> its shape."""
    from keras_models import article

    hyper = Hyperparameters(widths)
    shapes = [shape for layer in hyper.layers for shape in (layer, layer[1:])]
    return dict(zip(article.weight_paths(hyper).values(), shapes, strict=True))


def candidates(shapes: Mapping[str, Shape], widths: tuple[int, ...]) -> dict[str, list[str]]:
    """Return path of the Keras variable -> names of those with its shape.

    Numbered ones are taken in the order of their numbers, in which TensorFlow 1 made them; a bias
    that has its kernel's scope is the kernel's.
    """
    places = _places(widths)
    found = {
        place: [name for name, shape in shapes.items() if shape == wanted]
        for place, wanted in places.items()
    }
    for place, names in found.items():
        if len({NUMBER.sub("", name) for name in names}) == 1:
            alike = [other for other in places if places[other] == places[place]]
            found[place] = [sorted(names, key=_numbers)[alike.index(place)]]
    for place, names in found.items():
        scopes = {_scope(name) for name in found[f"{_scope(place)}/kernel"]}
        found[place] = [name for name in names if _scope(name) in scopes] or names
    return found


def _numbers(name: str) -> list[int]:
    return [int(number) for number in NUMBER.findall(name)]


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


def _as_json(found: Mapping[str, list[str]]) -> str:
    """Return a `--map` in one line; one with " or " in it has to be chosen from first."""
    pairs = (f"{json.dumps(' or '.join(names))}: {json.dumps(at)}" for at, names in found.items())
    return f"{{{', '.join(pairs)}}}"


def _listed(shapes: Mapping[str, Shape]) -> str:
    """Return the names with their shapes, as many as there is room for."""
    text = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."

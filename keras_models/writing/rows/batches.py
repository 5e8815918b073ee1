"""`batch(feeds)`: what TensorFlow 1's placeholders were fed, as Keras' `fit` takes it."""

from collections.abc import Callable
from typing import NamedTuple

from keras_models.writing.expressions import Name, written
from keras_models.writing.names import of_inputs, placeholder
from tf1_compat.network import Network

ARRAY = "np.ndarray"
FUNCTION = '''\
def batch(feeds: dict[str, np.ndarray]) -> tuple[{of_x}, {of_y}]:
    """Return x and y, as `fit` takes them, of what placeholders, by name, were fed."""
    fed = {{name.removesuffix(":0"): np.asarray(rows) for name, rows in feeds.items()}}
{made}    return {x}, {y}'''


class Part(NamedTuple):
    """x or y."""

    value: str
    kind: str
    line: str = ""
    """What gives `value` its name, where it has one."""


def source(network: Network) -> str:
    """Return the function."""
    x, y = _inputs(network), _labels(network)
    return FUNCTION.format(of_x=x.kind, of_y=y.kind, made=x.line + y.line, x=x.value, y=y.value)


def _inputs(network: Network) -> Part:
    """Return x: of several inputs a dict."""
    names = of_inputs(network)
    every = {names[one.tensor]: Name(_rows(network, one.tensor)) for one in network.inputs}
    if len(every) == 1:
        return Part(next(iter(every.values())).name, ARRAY)
    return Part("x", f"dict[str, {ARRAY}]", f"    x = {written(every, 4, 4)}\n")


def _labels(network: Network) -> Part:
    """Return y: of several outputs a list; None where it was not fed, as in inference."""
    every = [Name(_rows(network, one.labels)) for one in network.losses]
    fed = placeholder(network, network.losses[0].labels)
    value, kind = (every, f"list[{ARRAY}]") if len(every) > 1 else (every[0], ARRAY)
    if fed in {placeholder(network, one.tensor) for one in network.inputs}:
        return Part(written(value, 4, 11), kind)
    if value == Name(f"fed[{written(fed)}]"):
        return Part(f"fed.get({written(fed)})", f"{kind} | None")
    when = f" if {written(fed)} in fed else None"
    return Part("y", f"{kind} | None", f"    y = {written(value, 4, 4, len(when))}{when}\n")


def _rows(network: Network, tensor: str) -> str:
    """Return the rows of a placeholder in the form that the graph gives them."""
    rows = f"fed[{written(placeholder(network, tensor))}]"
    formed = network.formed.get(tensor)
    forms = formed.forms if formed else ()
    for place, (kind, options) in enumerate(forms):
        within = place and forms[place - 1].kind == "arithmetic"
        rows = FORMS[kind](f"({rows})" if within else rows, *options)
    return rows


def _arithmetic(rows: str, sign: str, number: float) -> str:
    as_it_is = rows.endswith(")")  # else a placeholder, of which TensorFlow 1 made float32
    return f"{rows if as_it_is else _cast(rows, 'float32')} {sign} {written(number)}"


def _cast(rows: str, dtype: str) -> str:
    return f"{rows}.astype({written(dtype)})"


def _index(rows: str, *parts: slice | int | None) -> str:
    return f"{rows}[{', '.join(map(_part, parts))}]"


def _part(part: slice | int | None) -> str:
    if not isinstance(part, slice):
        return str(part)
    ends = [part.start, part.stop, *([part.step] if part.step else [])]
    return ":".join("" if end is None else str(end) for end in ends)


def _sizes(sizes: tuple[int, ...]) -> str:
    return ", ".join(map(str, sizes))


FORMS: dict[str, Callable[..., str]] = {
    "cast": _cast,
    "arithmetic": _arithmetic,
    "one_hot": lambda rows, depth, dtype: f"np.eye({depth}, dtype={written(dtype)})[{rows}]",
    "argmax": lambda rows, axis: f"{rows}.argmax({axis})",
    "expand_dims": lambda rows, axis: f"np.expand_dims({rows}, {axis})",
    "squeeze": lambda rows, axis: f"{rows}.squeeze({axis})",
    "reshape": lambda rows, *sizes: f"{rows}.reshape({_sizes(sizes)})",
    "index": _index,
}
"""Kind of change -> how it is written in NumPy."""

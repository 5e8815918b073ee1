"""`batch(feeds)`: what TensorFlow 1's placeholders were fed, as Keras' `fit` takes it."""

from collections.abc import Callable

from keras_models.writing.expressions import Name, written
from keras_models.writing.names import of_inputs, placeholder
from tf1_compat.network import Network

ARRAY = "np.ndarray"
FUNCTION = '''\
def batch(feeds: dict[str, np.ndarray]) -> tuple[{of_x}, {of_y}]:
    """Return x and y, as `fit` takes them, of what placeholders, by name, were fed."""
    fed = {{name.removesuffix(":0"): np.asarray(rows) for name, rows in feeds.items()}}
{made}    return {x}, {y}'''


def source(network: Network) -> str:
    """Return the function; of several inputs x is a dict, of several outputs y a list."""
    names = of_inputs(network)
    every = {names[one.tensor]: Name(_rows(network, one.tensor)) for one in network.inputs}
    labels = [Name(_rows(network, one.labels)) for one in network.losses]
    made, x, of_x = "", next(iter(every.values())).name, ARRAY
    if len(every) > 1:
        made, x, of_x = f"    x = {written(every, 4, 4)}\n", "x", f"dict[str, {ARRAY}]"
    y, of_y = labels[0].name, ARRAY
    if len(labels) > 1:
        made += f"    y = {written(labels, 4, 4)}\n"
        y, of_y = "y", f"list[{ARRAY}]"
    return FUNCTION.format(of_x=of_x, of_y=of_y, made=made, x=x, y=y)


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

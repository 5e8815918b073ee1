"""`batch(feeds)`: what TensorFlow 1's placeholders were fed, as Keras' `fit` takes it."""

from keras_models.writing.expressions import Name, written
from keras_models.writing.names import of_inputs
from tf1_compat.network import Network

FUNCTION = '''\
def batch(feeds: dict[str, np.ndarray]) -> tuple[{of_x}, np.ndarray]:
    """Return x and y, as `fit` takes them, of what placeholders, by name, were fed."""
    fed = {{name.removesuffix(":0"): np.asarray(rows) for name, rows in feeds.items()}}
{made}    return {x}, {y}'''


def source(network: Network) -> str:
    """Return the function; of several inputs x is a dict."""
    names = of_inputs(network)
    x = {names[one.tensor]: _fed(one.tensor) for one in network.inputs}
    y = _fed(network.loss.labels).name
    if len(x) == 1:
        (only,) = x.values()
        return FUNCTION.format(of_x="np.ndarray", made="", x=only.name, y=y)
    made = f"    x = {written(x, 4, 4)}\n"
    return FUNCTION.format(of_x="dict[str, np.ndarray]", made=made, x="x", y=y)


def _fed(tensor: str) -> Name:
    return Name(f"fed[{written(tensor.removesuffix(':0'))}]")

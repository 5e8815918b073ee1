"""The article's formulas worked by hand: a 2-2-1 network, two rows, squared error, one update.

Every number up to the new weights is a fraction whose denominator is a small power of two, so
float32 holds each exactly: what TensorFlow 1, Keras and NumPy compute has to be these. Written out
term by term, with no loop over layers and no matrix, to share nothing with what it judges.
`docs/figures/write_article_map.py` prints it.
"""

from fractions import Fraction as F

Theta = dict[str, tuple]

X = ((F(1), F(2)), (F(2), F(1)))
Y = (F(1), F(1))
ALPHA = F(1, 8)
THETA: Theta = {
    "W1": ((F(1), F(-1)), (F(1, 2), F(1))),
    "b1": (F(0), F(1, 2)),
    "W2": ((F(1, 2),), (F(-1),)),
    "b2": (F(1, 4),),
}


def relu(z: F) -> F:
    """Return z where it is positive, else 0."""
    return z if z > 0 else F(0)


def forward(theta: Theta) -> tuple[tuple, tuple, tuple]:
    """Return what enters the hidden units, what leaves them, and the output, row by row."""
    (w11, w12), (w21, w22) = theta["W1"]
    b11, b12 = theta["b1"]
    (v1,), (v2,) = theta["W2"]
    (c,) = theta["b2"]
    z = tuple((x1 * w11 + x2 * w21 + b11, x1 * w12 + x2 * w22 + b12) for x1, x2 in X)
    h = tuple((relu(z1), relu(z2)) for z1, z2 in z)
    f = tuple(h1 * v1 + h2 * v2 + c for h1, h2 in h)
    return z, h, f


def mse(theta: Theta) -> F:
    """Return 1 / 2N * ((f1 - Y1)^2 + (f2 - Y2)^2), N = 2."""
    _, _, (f1, f2) = forward(theta)
    return ((f1 - Y[0]) ** 2 + (f2 - Y[1]) ** 2) / 4


def gradient(theta: Theta) -> Theta:
    """Return the derivative of `mse` by every number of theta, by the chain rule."""
    z, h, (f1, f2) = forward(theta)
    d1, d2 = (f1 - Y[0]) / 2, (f2 - Y[1]) / 2  # dMSE/df = (f - Y) / N
    (v1,), (v2,) = theta["W2"]
    e11, e12 = d1 * v1 * (z[0][0] > 0), d1 * v2 * (z[0][1] > 0)  # dMSE/dz of row 1
    e21, e22 = d2 * v1 * (z[1][0] > 0), d2 * v2 * (z[1][1] > 0)  # of row 2
    return {
        "W1": (
            (X[0][0] * e11 + X[1][0] * e21, X[0][0] * e12 + X[1][0] * e22),
            (X[0][1] * e11 + X[1][1] * e21, X[0][1] * e12 + X[1][1] * e22),
        ),
        "b1": (e11 + e21, e12 + e22),
        "W2": ((h[0][0] * d1 + h[1][0] * d2,), (h[0][1] * d1 + h[1][1] * d2,)),
        "b2": (d1 + d2,),
    }


def update(theta: Theta) -> Theta:
    """Return theta - alpha * gradient, number by number."""
    found = gradient(theta)
    return {name: _minus(theta[name], found[name]) for name in theta}


def _minus(here: tuple, slope: tuple) -> tuple:
    return tuple(
        _minus(a, g) if isinstance(a, tuple) else a - ALPHA * g
        for a, g in zip(here, slope, strict=True)
    )


def shown(value: F | tuple) -> str:
    """Return numbers as the page has them: exact decimals, a matrix's rows apart by semicolons."""
    if isinstance(value, F):
        return f"{float(value):.17g}"
    return ("; " if isinstance(value[0], tuple) else ", ").join(map(shown, value))


def column(values: tuple[F, ...]) -> tuple[tuple[F], ...]:
    """Return a row's numbers as a column."""
    return tuple((value,) for value in values)


def lines() -> list[tuple[str, str, str]]:
    """Return (article's step, formula, numbers) of the example, first to last."""
    z, h, f = forward(THETA)
    slope, after = gradient(THETA), update(THETA)
    rows: list[tuple[str, str, str]] = [
        ("", "X", shown(X)),
        ("", "Y", shown(column(Y))),
        *(("", name, shown(value)) for name, value in THETA.items()),
        ("2", "X W1 + b1", shown(z)),
        ("2", "relu(X W1 + b1)", shown(h)),
        ("3", "f = relu(X W1 + b1) W2 + b2", shown(column(f))),
        ("4", "MSE = 1/(2N) sum (f - Y)^2", shown(mse(THETA))),
        ("5", "(f - Y) / N", shown(tuple(((one - y) / 2,) for one, y in zip(f, Y, strict=True)))),
        *(("5", f"dMSE/d{name}", shown(value)) for name, value in slope.items()),
        *(("5", f"{name} - alpha dMSE/d{name}", shown(value)) for name, value in after.items()),
        ("6", "MSE with the new weights", shown(mse(after))),
    ]
    return rows

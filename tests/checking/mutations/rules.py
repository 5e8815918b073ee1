"""Pairs that TensorFlow 1's rarer optimizers train, one each."""

from tests.checking.mutations.recipe import Recipe, part
from tests.checking.mutations.recipes import dense, perceptron

STRENGTHS = {"l1_regularization_strength": 0.01, "l2_regularization_strength": 0.02}

RECIPES: tuple[Recipe, ...] = (
    perceptron(
        "adadelta",
        5,
        (4, 1),
        "tanh",
        loss=part("mse"),
        optimizer=part("adadelta", learning_rate=1.0, rho=0.9, epsilon=1e-4),
    ),
    perceptron(
        "clicks",
        6,
        (4, 1),
        "sigmoid",
        loss=part("sigmoid"),
        optimizer=part("ftrl", learning_rate=0.1, **STRENGTHS),
    ),
    Recipe(
        "clicks on ids",
        (4,),
        (
            part("embedding", "table", ids=9, width=3),
            part("reduce", of="average"),
            dense("out", 1),
        ),
        part("sigmoid"),
        part("ftrl_of_rows", learning_rate=0.1, l1_regularization_strength=0.01),
        ids=9,
    ),
    perceptron(
        "centered",
        6,
        (5, 3),
        "elu",
        optimizer=part(
            "rmsprop", learning_rate=0.01, decay=0.9, momentum=0.5, epsilon=1e-3, centered=True
        ),
    ),
    perceptron(
        "weights of zero",
        6,
        (5, 3),
        "relu",
        optimizer=part("proximal_adagrad", learning_rate=0.1, **STRENGTHS),
    ),
    perceptron(
        "shrunk weights",
        5,
        (4, 2),
        "tanh",
        optimizer=part("proximal_sgd", learning_rate=0.1, **STRENGTHS),
        loss=part("mse"),
    ),
)

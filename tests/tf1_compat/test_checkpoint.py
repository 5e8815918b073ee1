"""A model's state goes from TensorFlow 1 to Keras and back, and training does not notice."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.protobuf import tensor_bundle_pb2

from tests.promises.fuzz import table
from tf1_compat import checkpoint
from tf1_compat.bundle import table as leveldb
from tf1_compat.hyperparameters import LISTING
from tf1_compat.program import Program
from tf1_compat.state import POWERS, StateError, adam_step, power_after, running_powers
from training.data import Digits, Examples
from training.lanes.build import build
from training.lanes.protocol import Trainee
from training.machine import devices

ARTICLE = checkpoint.of_article(LISTING)
LAST_NORMAL = 87_292
"""The last step whose beta2_power is a normal float32."""


def saved_arrays(trainee: Trainee) -> dict[str, bytes]:
    """What a checkpoint of the trainee would hold."""
    arrays = checkpoint.to_arrays(trainee.state(), ARTICLE)
    return {name: array.tobytes() for name, array in arrays.items()}


def test_running_powers_are_tensorflows_own_products() -> None:
    beta = np.float32(0.999)
    power = beta
    for step, expected in enumerate(running_powers(0.999)[:5000]):
        assert power == expected, step
        power = power * beta


@given(st.integers(0, LAST_NORMAL))
def test_step_is_recovered_from_the_beta_power(step: int) -> None:
    power = power_after(0.999, step)
    assert adam_step(power, 0.999) == (step, True)
    # The formula by logarithms says the same, if it takes the float32 beta.
    assert round(np.log(float(power)) / np.log(float(np.float32(0.999)))) - 1 == step


def test_step_past_the_last_normal_power_is_any_large_one() -> None:
    for power in (np.float32(0), np.float32(1e-40)):
        assert adam_step(power, 0.999) == (LAST_NORMAL + 1, False)
    assert power_after(0.999, LAST_NORMAL + 1) == 0


@pytest.mark.parametrize("power", [np.nan, -0.5, 1.1, 0.9991, np.inf])
def test_no_step_is_made_up_for_what_is_no_power(power: float) -> None:
    with pytest.raises(StateError, match="no power of"):
        adam_step(np.float32(power), 0.99)


@pytest.fixture(scope="module")
def few(digits: Digits) -> Examples:
    return Examples(*(array[:64] for array in digits.train))


def trainees(few: Examples, *names: str) -> list[Trainee]:
    return build(names, few, 1234, devices.choose("cpu"))  # type: ignore[arg-type]


@pytest.mark.parametrize("there", ["tf1", "exact"])
@pytest.mark.parametrize("steps", [1, 500, pytest.param(2000, marks=pytest.mark.slow), 100_000])
def test_round_trip_is_bit_for_bit_and_training_goes_on(
    few: Examples, there: str, steps: int
) -> None:
    """Away and back after so many updates, in both directions; 100,000 by setting the state."""
    lane, other, back = (*trainees(few, "tf1", "exact"), *trainees(few, there))
    if there == "exact":
        lane, other = other, lane
    for _ in range(30 if steps == 100_000 else steps):
        lane.step()
    if steps == 100_000:
        gone = {name: np.zeros((), np.float32) for name in POWERS}
        lane.load_state(dataclasses.replace(lane.state(), powers=gone, step=steps))
    state = lane.state()
    other.load_state(state)
    back.load_state(other.state())
    assert saved_arrays(lane) == saved_arrays(other) == saved_arrays(back)
    if steps < LAST_NORMAL:
        assert state.step == steps == back.state().step
    losses = [[trainee.step() for _ in range(20)] for trainee in (lane, other, back)]
    assert losses[0] == losses[1] == losses[2]
    assert saved_arrays(lane) == saved_arrays(other) == saved_arrays(back)


@pytest.mark.slow
def test_idiomatic_lane_gives_tensorflow_1s_beta_powers(few: Examples) -> None:
    tf1, idiomatic = trainees(few, "tf1", "idiomatic")
    for _ in range(900):  # beta1_power is 0 by then
        tf1.step()
        idiomatic.step()
    ours, theirs = idiomatic.state(), tf1.state()
    assert ours.step == theirs.step == 900
    for power in POWERS:
        assert ours.powers[power].tobytes() == np.asarray(theirs.powers[power]).tobytes()


@pytest.fixture(scope="module")
def saved(few: Examples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that a Saver wrote after three updates."""
    program = Program(few.x, few.y, seed=1234)
    for _ in range(3):
        program.step()
    folder = tmp_path_factory.mktemp("saved")
    program.save(folder)
    return folder / "tf1" / "model.ckpt"


def test_layout_is_read_off_the_names(saved: Path) -> None:
    assert checkpoint.layout(checkpoint.read(saved)) == ARTICLE


def test_centered_rmsprop_is_told_by_its_third_slot() -> None:
    where = checkpoint.layout(["W", "W/RMSProp", "W/RMSProp_1", "W/RMSProp_2"])
    assert where == checkpoint.standard("RMSProp", ["W"], centered=True)
    assert where.slots == {slot: {"W": f"W/{name}"} for slot, name in checkpoint.CENTERED.items()}
    assert "mg" not in checkpoint.layout(["W", "W/RMSProp", "W/RMSProp_1"]).slots


def test_slots_are_found_in_scopes_and_of_what_might_be_made_of_parts() -> None:
    powers = {"train/beta1_power", "train/beta2_power"}
    for slot, name in (
        ("OptimizeLoss/{}/Adam", "net/w"),  # made in a scope
        ("{}/t_0/Adam", "net/w"),  # canned estimators
        ("{}/part_0/Adam", "net/w"),
        ("{}/my_adam", "net/w"),  # AdamOptimizer(name="my_adam")
    ):
        m = slot.format(name)
        held = {name, m, f"{m}_1", *powers, f"{name}/ExponentialMovingAverage", "global_step"}
        where = checkpoint.layout(held)
        assert where.weights == (name,)
        assert where.slots == {"m": {name: m}, "v": {name: f"{m}_1"}}
        assert {*where.powers.values()} == powers
        assert where.global_step == "global_step"
    two = checkpoint.layout({"w", "w/Adam", "w/Adam_1", "beta1_power", "beta1_power_1"})
    assert two.powers == {"beta1_power": "beta1_power", "beta2_power": "beta2_power"}


def test_written_checkpoint_is_restored_by_a_saver(
    saved: Path, few: Examples, tmp_path: Path
) -> None:
    arrays = checkpoint.read(saved)
    checkpoint.write(tmp_path / "deep" / "model.ckpt", arrays)
    program = Program(few.x, few.y, seed=77)
    latest = tf.train.latest_checkpoint(str(tmp_path / "deep"))
    with program.graph.as_default():
        tf.compat.v1.train.Saver().restore(program.session, latest)
    restored = checkpoint.to_arrays(program.state(), ARTICLE)
    assert {n: a.tobytes() for n, a in restored.items()} == {
        n: a.tobytes() for n, a in arrays.items()
    }
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == [
        "checkpoint",
        "model.ckpt.data-00000-of-00001",
        "model.ckpt.index",
    ]


def test_a_variable_in_parts_is_read_whole(tmp_path: Path) -> None:
    """As a partitioner of TensorFlow 1 has it saved: each part has an entry of its own."""
    whole = np.arange(8, dtype=np.float32).reshape(4, 2)
    tf.raw_ops.SaveV2(
        prefix=str(tmp_path / "model.ckpt"),
        tensor_names=["W", "W", "b"],
        shape_and_slices=["4 2 0,3:-", "4 2 3,1:-", ""],
        tensors=[tf.constant(whole[:3]), tf.constant(whole[3:]), tf.constant([1.0, 2.0])],
    )
    found = checkpoint.read(tmp_path / "model.ckpt")
    assert sorted(found) == ["W", "b"]
    assert found["W"].tobytes() == whole.tobytes()


def changed(part: str, value: int) -> Callable[[bytes], bytes]:
    """What changes a number in an index's entry, whose length stays."""

    def change(entry: bytes) -> bytes:
        found = tensor_bundle_pb2.BundleEntryProto.FromString(entry)
        setattr(
            found.shape.dim[0] if part == "shape" else found, part.replace("shape", "size"), value
        )
        return found.SerializeToString()

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: b"\xff" * len(entry), "parsing"),
        (changed("shape", 129), "promises 129 numbers in 512 bytes"),
        (changed("size", 612), "promises 128 numbers in 612 bytes"),
        (changed("offset", 2**21 - 1), "begins at byte"),
        (changed("dtype", 2), "promises 128 numbers in 512 bytes"),  # float64
        (changed("dtype", 126), "Variable_1|126"),
        (changed("dtype", 3), None),  # int32, of the same length
    ],
)
def test_index_that_makes_no_sense_is_refused_though_its_checksums_fit(
    saved: Path, tmp_path: Path, change: Callable[[bytes], bytes], said: str | None
) -> None:
    """TensorFlow alone ends the process at the first of these."""
    content = saved.with_name("model.ckpt.index").read_bytes()
    value = dict(leveldb.entries(content))[b"Variable_1"]
    assert content.count(value) == 1
    assert len(change(value)) == len(value)
    wrong = table.with_checksums(content.replace(value, change(value)))
    prefix = damaged(saved, tmp_path / "wrong", ".index", wrong)
    with pytest.raises(StateError, match=said or "Variable_1 is int32") as refused:
        checkpoint.to_state(checkpoint.read(prefix), ARTICLE)
    assert not said or str(prefix) in str(refused.value)


def test_parts_in_two_files_are_one_variable_and_text_is_passed_over(tmp_path: Path) -> None:
    """As a partitioned variable on two machines, and labels, lie in a Saver's checkpoint."""
    kernel, labels = np.arange(12, dtype=np.float32).reshape(4, 3), tf.constant(["a", "bc"])
    for shard, rows in enumerate((slice(0, 3), slice(3, 4))):
        tf.raw_ops.SaveV2(
            prefix=str(tmp_path / f"part{shard}"),
            tensor_names=["W", "labels", "empty"][: 3 - 2 * shard],
            shape_and_slices=[f"4 3 {rows.start},{rows.stop - rows.start}:0,3", "", ""][
                : 3 - 2 * shard
            ],
            tensors=[kernel[rows], labels, np.zeros((0, 3), np.float32)][: 3 - 2 * shard],
        )
    parts = [str(tmp_path / f"part{shard}") for shard in range(2)]
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "model.ckpt")
    )
    assert len(list(tmp_path.glob("model.ckpt.data-*-of-00002"))) == 2
    found = checkpoint.read(tmp_path / "model.ckpt")
    assert {*found} == {"W", "labels", "empty"}
    assert found["W"].tobytes() == kernel.tobytes()
    assert found["labels"] is checkpoint.NO_NUMBERS


def test_global_step_and_beta_power_must_not_contradict(saved: Path) -> None:
    arrays = checkpoint.read(saved)
    where = checkpoint.standard("Adam", ARTICLE.weights, global_step=True)
    assert checkpoint.to_state(arrays | {"global_step": np.asarray(3)}, where).step == 3
    with pytest.raises(StateError, match="global_step is 4, but by beta2_power Adam has made 3"):
        checkpoint.to_state(arrays | {"global_step": np.asarray(4)}, where)
    late = arrays | {"beta2_power": np.float32(0), "global_step": np.asarray(100_000)}
    assert checkpoint.to_state(late, where).step == 100_000


def damaged(saved: Path, folder: Path, suffix: str, content: bytes) -> Path:
    folder.mkdir()
    for file in saved.parent.glob("model.ckpt.*"):
        shutil.copy(file, folder)
    (folder / f"model.ckpt{suffix}").write_bytes(content)
    return folder / "model.ckpt"


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_damage_is_never_silently_read(saved: Path, tmp_path: Path, suffix: str) -> None:
    """Cut short or with one bit turned anywhere: refused, or the very arrays that were written."""
    sound = checkpoint.read(saved)
    content = saved.with_name(f"model.ckpt{suffix}").read_bytes()
    rng = np.random.default_rng(3)
    variants = [content[: int(len(content) * part)] for part in (0, 0.01, 0.5, 0.99)]
    for position in rng.integers(0, len(content), 40):
        turned = bytearray(content)
        turned[position] ^= 1 << rng.integers(8)
        variants.append(bytes(turned))
    refused = 0
    for number, variant in enumerate(variants):
        prefix = damaged(saved, tmp_path / str(number), suffix, variant)
        try:
            found = checkpoint.read(prefix)
        except StateError:
            refused += 1
        else:
            assert {n: a.tobytes() for n, a in found.items()} == {
                n: a.tobytes() for n, a in sound.items()
            }
    assert refused >= len(variants) // 2

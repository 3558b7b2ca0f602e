import numpy as np
import pytest
from telemetry import Recorder, service_name

from ml import LinearModel, NotEnoughData, array_module


def test_a_line_through_two_points() -> None:
    model = LinearModel.fit([[0], [2]], [1, 5])
    assert model.weights == pytest.approx((2,))
    assert model.intercept == pytest.approx(1)


@pytest.mark.numeric
@pytest.mark.parametrize("features", [1, 3, 8])
def test_noise_does_not_hide_the_weights(rng: np.random.Generator, features: int) -> None:
    weights = rng.normal(size=features)
    x = rng.normal(size=(2_000, features))
    y = x @ weights + 0.5 + rng.normal(scale=0.01, size=len(x))

    model = LinearModel.fit(x, y)

    assert model.weights == pytest.approx(tuple(weights), abs=0.01)
    assert model.predict(x) == pytest.approx(y, abs=0.1)


def test_equal_rows_are_too_little() -> None:
    with pytest.raises(NotEnoughData, match="2 unknowns, 1 independent rows"):
        LinearModel.fit([[1], [1]], [1, 1])


def test_fitting_and_asking_are_traced(recorder: Recorder) -> None:
    recorder.finished.clear()
    LinearModel.fit([[0], [1]], [0, 1]).predict([[2]])
    assert [span.name for span in recorder.finished] == ["ml.fit", "ml.predict"]
    assert service_name() == "ml-tests"


def test_floating_point_errors_raise() -> None:
    assert set(np.geterr().values()) == {"raise"}
    with pytest.raises(FloatingPointError):
        np.float64(1) / np.float64(0)


def test_arrays_are_numpy_where_there_is_no_gpu() -> None:
    pytest.importorskip("numpy", minversion="1.26")
    assert array_module() is np

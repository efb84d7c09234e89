import json

import numpy as np
import pytest

from energy_dagster.domain.linear import LEAD_CLASSES, LOCAL_HOURS, ClassRows, LinearModel, fit_linear, lead_class
from energy_dagster.domain.linear_inputs import INPUTS
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.tables import HORIZON_HOURS

WIDTH = len(INPUTS)


def truth_of(inputs: Floats, hours: Ints) -> Floats:
    """A line in two inputs with an intercept by hour."""
    return np.asarray(0.1 * hours + 0.5 * inputs[:, 0] - 0.2 * inputs[:, 1])


def rows(number: int, *, outliers: float = 0.0, each_hour: int = 200) -> ClassRows:
    generator = np.random.default_rng(number)
    hours = np.tile(np.arange(LOCAL_HOURS, dtype=np.int64), each_hour)
    inputs = generator.normal(size=(len(hours), WIDTH))
    target = truth_of(inputs, hours) + 0.01 * generator.normal(size=len(hours))
    target[generator.random(len(hours)) < outliers] += 5.0
    return ClassRows(inputs, target, hours)


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return fit_linear(rows)


def error_of(model: LinearModel) -> float:
    fresh = rows(99)
    leads = np.resize(np.arange(1, HORIZON_HOURS + 1), len(fresh.target))
    said = model.predict(fresh.inputs, leads, fresh.local_hours)
    return float(np.abs(said - truth_of(fresh.inputs, fresh.local_hours)).mean())


def test_every_lead_has_one_class() -> None:
    classes = lead_class(np.arange(1, HORIZON_HOURS + 1))
    assert [(first, last) for first, last in LEAD_CLASSES] == [
        (int(np.flatnonzero(classes == n)[0]) + 1, int(np.flatnonzero(classes == n)[-1]) + 1) for n in range(len(LEAD_CLASSES))
    ]


def test_a_line_is_found(model: LinearModel) -> None:
    assert error_of(model) < 0.05


def test_one_wild_value_in_fifty_hardly_moves_the_line(model: LinearModel) -> None:
    wild = fit_linear(lambda number: rows(number, outliers=0.02))
    assert error_of(wild) < 2 * error_of(model) + 0.02


def test_an_input_that_is_not_known_counts_as_its_mean(model: LinearModel) -> None:
    inputs = np.zeros((1, WIDTH))
    lead, hour = np.array([24]), np.array([12])
    inputs[0] = model.absent[lead_class(lead)[0]]
    whole = model.predict(inputs, lead, hour)
    inputs[0, 5] = np.nan
    np.testing.assert_array_equal(model.predict(inputs, lead, hour), whole)


def test_an_input_that_never_varies_has_no_say() -> None:
    def flat(number: int) -> ClassRows:
        made = rows(number)
        made.inputs[:, 3] = np.nan
        return made

    assert not fit_linear(flat).slopes[..., 3].any()


def test_hours_with_few_rows_take_the_line_of_their_class() -> None:
    fitted = fit_linear(lambda number: rows(number, each_hour=10))
    assert np.ptp(fitted.intercepts, axis=1).max() == 0
    assert np.isfinite(fitted.slopes).all()


def test_a_row_is_the_same_alone_and_among_others(model: LinearModel) -> None:
    made = rows(5)
    leads = np.full(len(made.target), 30)
    together = model.predict(made.inputs, leads, made.local_hours)
    alone = [model.predict(made.inputs[[n]], leads[[n]], made.local_hours[[n]])[0] for n in range(50)]
    np.testing.assert_array_equal(together[:50], alone)


def test_a_class_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="expected rows to fit a linear model on, found none"):
        fit_linear(lambda number: rows(number, each_hour=0))


def test_a_linear_model_survives_its_text(model: LinearModel) -> None:
    again = LinearModel.from_json(model.to_json())
    np.testing.assert_array_equal(again.slopes, model.slopes)
    np.testing.assert_array_equal(again.intercepts, model.intercepts)
    np.testing.assert_array_equal(again.absent, model.absent)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null"])
def test_a_text_that_is_no_linear_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a linear model as text"):
        LinearModel.from_json(text)


def test_a_linear_model_of_other_inputs_is_refused(model: LinearModel) -> None:
    fields = json.loads(model.to_json()) | {"inputs": ["one"]}
    with pytest.raises(ValueError, match="of other inputs or lead classes"):
        LinearModel.from_json(json.dumps(fields))

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.domain.issue_states import GROUPS, WEATHER_GROUPS, States
from energy_dagster.domain.kernel import Fitted, KernelParameters, Scale, Scaled, covariance, fit_regression, rows_of
from energy_dagster.domain.positions import Floats, Ints

PARAMETERS = KernelParameters()
UNCLIPPED = replace(PARAMETERS, huber_width=1e9)
"""Without Huber's clipping: plain least squares."""

WIDTHS = {
    **dict.fromkeys(GROUPS[:5], 6),
    "means": 3,
    "weekday": 7,
    "holidays": 3,
    "kind of day": 3,
    "season": 3,
    **dict.fromkeys(WEATHER_GROUPS[:-1], 4),
    WEATHER_GROUPS[-1]: 8,
}
TEMPERATURE = WEATHER_GROUPS[0]


def states_of(count: int, seed: int, *, scale: float = 1.0) -> States:
    """Random states of consecutive days."""
    rng, weekday = np.random.default_rng(seed), np.arange(count) % 7
    flags = {
        "weekday": np.eye(7)[weekday],
        "kind of day": np.stack([weekday < 5, weekday == 5, weekday == 6], axis=1).astype(float),
        "holidays": (rng.random((count, WIDTHS["holidays"])) < 0.1).astype(float),
    }
    return {
        name: flags[name] if name in flags else scale * (rng.normal(size=(count, 1)) + 0.3 * rng.normal(size=(count, width)))
        for name, width in WIDTHS.items()
    }


def truth_of(states: States) -> Floats:
    """Two linear functions of states, (states, 2); weather has a say in the first."""
    first = 0.05 * states["newest day"].mean(axis=1) - 0.03 * states["week before"].mean(axis=1) + 0.02 * states["weekday"][:, 6]
    return np.column_stack([first + 0.02 * states[TEMPERATURE].mean(axis=1), 0.3 + 0.04 * states["means"].mean(axis=1)])


def without(states: States, *names: str) -> States:
    return {name: values for name, values in states.items() if name not in names}


def unknown(states: States, *names: str) -> States:
    return states | {name: np.full_like(states[name], np.nan) for name in names}


def predict(fitted: Fitted, learned: States, states: States, parameters: KernelParameters = PARAMETERS) -> Floats:
    return fitted.regression.predict(fitted.regression.scale.apply(learned), states, parameters)


def by_hand(scale: Scale, learned: States, outputs: Floats, states: States, parameters: KernelParameters) -> Floats:
    """The mean of the process without clipping, in double precision, for outputs that are known."""
    one, other = scale.apply(learned), scale.apply(states)
    gram = covariance(one, one, parameters) + parameters.noise * np.eye(len(outputs))
    return np.asarray(covariance(other, one, parameters) @ np.linalg.solve(gram, outputs))


def error(said: Floats, states: States) -> Floats:
    """Mean absolute error by output, in standard deviations of what was to be said."""
    truth = truth_of(states)
    return np.asarray(np.abs(said - truth).mean(axis=0) / truth.std(axis=0))


LEARNED, ASKED = states_of(400, 1), states_of(200, 2)
NOISY = truth_of(LEARNED) + 0.01 * np.random.default_rng(5).normal(size=(400, 2))


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit_regression(LEARNED, NOISY, PARAMETERS, left_out=True)


def test_a_linear_function_is_found() -> None:
    found = fit_regression(LEARNED, truth_of(LEARNED), PARAMETERS, left_out=False)
    assert (error(predict(found, LEARNED, ASKED), ASKED) < 0.05).all()


def test_a_function_of_no_line_is_found_where_states_are_alike() -> None:
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, 2 * np.pi, 900)
    states = states_of(900, 3) | {"season": np.column_stack([np.sin(angle), np.cos(angle), angle * 0])}
    wave = np.sin(2 * angle)[:, None]
    sharp = replace(PARAMETERS, radial={**PARAMETERS.radial, "season": 20.0}, noise=0.1)
    learned, asked = np.arange(700), np.arange(700, 900)
    found = fit_regression(rows_of(states, learned), wave[learned], sharp, left_out=False)
    said = predict(found, rows_of(states, learned), rows_of(states, asked), sharp)
    assert np.corrcoef(said[:, 0], wave[asked, 0])[0, 1] > 0.8


def test_a_trend_goes_on_beyond_what_was_learned() -> None:
    found = fit_regression(LEARNED, truth_of(LEARNED), PARAMETERS, left_out=False)
    far = states_of(200, 2, scale=3.0)
    said, truth = predict(found, LEARNED, far), truth_of(far)
    assert (truth.std(axis=0) > 2 * truth_of(LEARNED).std(axis=0)).all()
    slopes = [np.polyfit(truth[:, output], said[:, output], 1)[0] for output in range(2)]
    np.testing.assert_allclose(slopes, 1, atol=0.2)
    assert (error(said, far) < 0.15).all()


def test_an_input_is_cut_off_far_beyond_what_was_learned(fitted: Fitted) -> None:
    far, farther = (predict(fitted, LEARNED, ASKED | {"means": np.full((200, 3), value)}) for value in (1e3, 1e6))
    np.testing.assert_array_equal(far, farther)
    assert np.isfinite(far).all()


def test_one_wild_target_in_fifty_hardly_moves_the_forecast(fitted: Fitted) -> None:
    wild = NOISY.copy()
    wild[::50] += 0.5  # ten standard deviations
    robust, least_squares = (fit_regression(LEARNED, wild, parameters, left_out=False) for parameters in (PARAMETERS, UNCLIPPED))
    clean, moved, badly = (error(predict(one, LEARNED, ASKED), ASKED) for one in (fitted, robust, least_squares))
    assert (moved < 2 * clean + 0.02).all()
    assert (moved < badly / 2).all()


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_target_that_is_not_known_has_no_say(share: float) -> None:
    absent = np.random.default_rng(8).random(NOISY.shape) < share
    outputs = np.where(absent, np.nan, NOISY)
    found = fit_regression(LEARNED, outputs, UNCLIPPED, left_out=True)
    regression = found.regression
    said = predict(found, LEARNED, ASKED, UNCLIPPED)
    assert found.left_out is not None
    for output in range(2):
        known, gone = np.flatnonzero(~absent[:, output]), np.flatnonzero(absent[:, output])
        middle, width = regression.middle[output], regression.width[output]
        learned, target = rows_of(LEARNED, known), (NOISY[known, output] - middle) / width
        of_asked, of_gone = (
            by_hand(regression.scale, learned, target, states, UNCLIPPED) for states in (ASKED, rows_of(LEARNED, gone))
        )
        np.testing.assert_allclose((said[:, output] - middle) / width, of_asked, atol=1e-3)
        np.testing.assert_allclose((found.left_out[gone, output] - middle) / width, of_gone, atol=1e-3)
        for row in known[::40]:
            others = known[known != row]
            target = (NOISY[others, output] - middle) / width
            expected = by_hand(regression.scale, rows_of(LEARNED, others), target, rows_of(LEARNED, np.array([row])), UNCLIPPED)
            assert (found.left_out[row, output] - middle) / width == pytest.approx(expected[0], abs=1e-3)


def test_with_clipping_too_a_target_that_is_not_known_has_no_say() -> None:
    """A state that is not known at all is one that was not learned, but for the scale of the inputs."""
    absent = np.random.default_rng(8).random(400) < 0.1
    gone, known = np.flatnonzero(absent), np.flatnonzero(~absent)
    found = fit_regression(LEARNED, np.where(absent[:, None], np.nan, NOISY), PARAMETERS, left_out=False)
    assert not found.regression.weights[gone].any()
    never = fit_regression(rows_of(LEARNED, known), NOISY[known], PARAMETERS, left_out=False)
    difference = predict(found, LEARNED, ASKED) - predict(never, rows_of(LEARNED, known), ASKED)
    assert np.abs(difference).max() < 0.02 * NOISY.std()


def test_middle_and_width_are_of_the_targets_that_are_known() -> None:
    outputs = np.vstack([NOISY, np.full((400, 2), np.nan)])
    states = {name: np.vstack([values, values]) for name, values in LEARNED.items()}
    one = fit_regression(states, outputs, PARAMETERS, left_out=False).regression
    other = fit_regression(LEARNED, NOISY, PARAMETERS, left_out=False).regression
    np.testing.assert_array_equal(one.middle, other.middle)
    np.testing.assert_array_equal(one.width, other.width)


@pytest.mark.parametrize("row", [0, 7, 123, 399])
def test_a_left_out_forecast_is_that_of_a_fit_without_the_row(row: int) -> None:
    found = fit_regression(LEARNED, NOISY, UNCLIPPED, left_out=True)
    others = np.delete(np.arange(400), row)
    again = fit_regression(rows_of(LEARNED, others), NOISY[others], UNCLIPPED, left_out=False)
    expected = predict(again, rows_of(LEARNED, others), rows_of(LEARNED, np.array([row])), UNCLIPPED)[0]
    assert found.left_out is not None
    np.testing.assert_allclose(found.left_out[row], expected, atol=2e-3 * NOISY.std())


def test_a_left_out_forecast_is_exactly_that_of_the_others_on_the_same_scale() -> None:
    found = fit_regression(LEARNED, NOISY, UNCLIPPED, left_out=True)
    regression = found.regression
    target = (NOISY - regression.middle) / regression.width
    assert found.left_out is not None
    for row in range(0, 400, 40):
        others = np.delete(np.arange(400), row)
        said = by_hand(regression.scale, rows_of(LEARNED, others), target[others], rows_of(LEARNED, np.array([row])), UNCLIPPED)
        found_there = (found.left_out[row] - regression.middle) / regression.width
        np.testing.assert_allclose(found_there, said[0], atol=2e-4)


def test_left_out_forecasts_err_as_those_of_new_states_do(fitted: Fitted) -> None:
    assert fitted.left_out is not None
    new = ASKED, truth_of(ASKED) + 0.01 * np.random.default_rng(6).normal(size=(200, 2))
    of_new = np.abs(predict(fitted, LEARNED, new[0]) - new[1]).mean(axis=0)
    of_left_out = np.abs(fitted.left_out - NOISY).mean(axis=0)
    of_learned = np.abs(predict(fitted, LEARNED, LEARNED) - NOISY).mean(axis=0)
    np.testing.assert_allclose(of_left_out, of_new, rtol=0.15)
    assert (of_learned < 0.9 * of_new).all()


def test_left_out_forecasts_are_only_made_when_asked_for() -> None:
    assert fit_regression(LEARNED, NOISY, PARAMETERS, left_out=False).left_out is None


def test_a_fit_is_the_same_with_and_without_left_out_forecasts(fitted: Fitted) -> None:
    again = fit_regression(LEARNED, NOISY, PARAMETERS, left_out=False)
    np.testing.assert_array_equal(again.regression.weights, fitted.regression.weights)


def test_without_clipping_the_forecast_is_the_mean_of_the_process() -> None:
    found = fit_regression(LEARNED, NOISY, UNCLIPPED, left_out=False)
    regression = found.regression
    expected = by_hand(regression.scale, LEARNED, (NOISY - regression.middle) / regression.width, ASKED, UNCLIPPED)
    said = (predict(found, LEARNED, ASKED, UNCLIPPED) - regression.middle) / regression.width
    np.testing.assert_allclose(said, expected, atol=1e-3)


def only_rest(scaled: Scaled) -> Scaled:
    """Scaled states without their weather."""
    rest = {name: values for name, values in scaled.inputs.items() if name not in WEATHER_GROUPS}
    return Scaled(rest, np.zeros_like(scaled.has_weather))


def test_without_weather_the_forecast_is_that_of_the_rest(fitted: Fitted) -> None:
    regression, learned = fitted.regression, fitted.regression.scale.apply(LEARNED)
    bare = without(ASKED, *WEATHER_GROUPS)
    between = covariance(only_rest(regression.scale.apply(ASKED)), only_rest(learned), PARAMETERS)
    rest = between @ regression.weights.astype(np.float64) * regression.width + regression.middle
    np.testing.assert_allclose(predict(fitted, LEARNED, bare), rest, atol=1e-12)
    assert np.abs(predict(fitted, LEARNED, ASKED) - rest)[:, 0].max() > 0.01


def test_weather_that_is_not_known_is_none(fitted: Fitted) -> None:
    bare = predict(fitted, LEARNED, without(ASKED, *WEATHER_GROUPS))
    np.testing.assert_array_equal(predict(fitted, LEARNED, unknown(ASKED, *WEATHER_GROUPS)), bare)


@pytest.mark.parametrize("absent", WEATHER_GROUPS)
def test_a_state_that_lacks_a_learned_variable_has_no_weather(fitted: Fitted, absent: str) -> None:
    bare = predict(fitted, LEARNED, without(ASKED, *WEATHER_GROUPS))
    np.testing.assert_allclose(predict(fitted, LEARNED, unknown(ASKED, absent)), bare, atol=1e-12)
    one_hour = ASKED[absent].copy()
    one_hour[:, 1] = np.nan
    np.testing.assert_allclose(predict(fitted, LEARNED, ASKED | {absent: one_hour}), bare, atol=1e-12)


def test_a_state_with_weather_is_forecast_the_same_beside_one_without(fitted: Fitted) -> None:
    half = {name: np.where(np.arange(200)[:, None] % 2 == 0, ASKED[name], np.nan) for name in WEATHER_GROUPS}
    mixed, whole = predict(fitted, LEARNED, ASKED | half), predict(fitted, LEARNED, ASKED)
    np.testing.assert_allclose(mixed[::2], whole[::2], atol=1e-12)


def test_a_weather_variable_that_nobody_has_is_left_out() -> None:
    wind = WEATHER_GROUPS[1]
    found, never = (
        fit_regression(of, NOISY, PARAMETERS, left_out=False) for of in (unknown(LEARNED, wind), without(LEARNED, wind))
    )
    assert wind not in found.regression.scale.middle
    assert set(found.regression.scale.middle) == set(GROUPS) | set(WEATHER_GROUPS) - {wind}
    np.testing.assert_array_equal(found.regression.weights, never.regression.weights)
    said = predict(found, unknown(LEARNED, wind), ASKED)
    assert (error(said, ASKED) < 0.15).all()
    np.testing.assert_array_equal(said, predict(found, unknown(LEARNED, wind), unknown(ASKED, wind)))


def test_a_regression_that_never_saw_weather_does_not_look_at_it() -> None:
    bare = without(LEARNED, *WEATHER_GROUPS)
    found = fit_regression(bare, NOISY, PARAMETERS, left_out=False)
    assert set(found.regression.scale.middle) == set(GROUPS)
    np.testing.assert_array_equal(predict(found, bare, ASKED), predict(found, bare, without(ASKED, *WEATHER_GROUPS)))


def test_states_without_weather_are_learned_from_too() -> None:
    half = {name: np.where(np.arange(400)[:, None] < 200, LEARNED[name], np.nan) for name in WEATHER_GROUPS}
    both = fit_regression(LEARNED | half, NOISY, PARAMETERS, left_out=False)
    first = rows_of(LEARNED, np.arange(200))
    alone = fit_regression(first, NOISY[:200], PARAMETERS, left_out=False)
    bare = without(ASKED, *WEATHER_GROUPS)
    assert (error(predict(both, LEARNED | half, bare), ASKED)[1] < error(predict(alone, first, bare), ASKED)[1]).all()


def test_an_input_that_is_not_known_counts_as_the_middle(fitted: Fitted) -> None:
    middle = ASKED | {"week before": np.broadcast_to(fitted.regression.scale.middle["week before"], (200, 6))}
    np.testing.assert_array_equal(predict(fitted, LEARNED, unknown(ASKED, "week before")), predict(fitted, LEARNED, middle))


@pytest.mark.parametrize("outputs", [np.zeros((0, 2)), np.full((400, 2), np.nan), np.where([True, False], np.nan, NOISY)])
def test_an_output_without_a_value_is_refused(outputs: Floats) -> None:
    states = rows_of(LEARNED, np.arange(len(outputs)))
    with pytest.raises(ValueError, match="expected values of every output to fit a regression on, found none"):
        fit_regression(states, outputs, PARAMETERS, left_out=False)


def test_an_output_that_never_varies_is_forecast_as_it_is() -> None:
    flat = np.column_stack([NOISY[:, 0], np.full(400, 0.25)])
    found = fit_regression(LEARNED, flat, PARAMETERS, left_out=True)
    assert found.left_out is not None
    np.testing.assert_allclose(predict(found, LEARNED, ASKED)[:, 1], 0.25, atol=1e-6)
    np.testing.assert_allclose(found.left_out[:, 1], 0.25, atol=1e-6)


@given(outputs=st.permutations(range(4)))
@settings(max_examples=3, deadline=None)
def test_outputs_do_not_depend_on_each_other(outputs: list[int]) -> None:
    four = np.hstack([NOISY, NOISY**2])
    one, other = (fit_regression(LEARNED, of, PARAMETERS, left_out=False) for of in (four, four[:, outputs]))
    width = np.abs(four).max()
    np.testing.assert_allclose(predict(one, LEARNED, ASKED)[:, outputs], predict(other, LEARNED, ASKED), atol=1e-3 * width)


@given(rows=st.lists(st.integers(0, 199), min_size=1, max_size=10))
@settings(max_examples=20, deadline=None)
def test_a_state_is_forecast_the_same_alone_and_among_others(fitted: Fitted, rows: list[int]) -> None:
    some = rows_of(ASKED, np.array(rows))
    np.testing.assert_allclose(predict(fitted, LEARNED, some), predict(fitted, LEARNED, ASKED)[rows], rtol=0, atol=1e-11)


@given(count=st.integers(1, 40), seed=st.integers(0, 1000), share=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_a_covariance_is_symmetric_and_no_variance_is_negative(count: int, seed: int, share: float) -> None:
    states, rng = states_of(count, seed), np.random.default_rng(seed)
    bare = rng.random(count)[:, None] < share
    states |= {name: np.where(bare, np.nan, states[name]) for name in WEATHER_GROUPS}
    scaled = Scale.of(states).apply(states)
    found = covariance(scaled, scaled, PARAMETERS)
    np.testing.assert_allclose(found, found.T, atol=1e-9)
    assert np.linalg.eigvalsh(found).min() > -1e-8 * max(found.max(), 1)


def test_single_precision_is_near_enough() -> None:
    scaled = Scale.of(LEARNED).apply(LEARNED)
    double, single = covariance(scaled, scaled, PARAMETERS), covariance(scaled, scaled, PARAMETERS, precision=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=1e-4 * double.max())


def scaled_by(states: States, name: str) -> Floats:
    return Scale.of(states).apply(states).inputs[name]


def test_hours_keep_their_proportions_and_flags_are_scaled_by_their_own() -> None:
    wide = LEARNED | {"newest day": LEARNED["newest day"] * np.array([1, 1, 1, 1, 1, 3.0])}
    hours = scaled_by(wide, "newest day").std(axis=0)
    assert hours[5] / hours[0] == pytest.approx(3, rel=0.15)
    assert hours.mean() == pytest.approx(1)
    np.testing.assert_allclose(scaled_by(LEARNED, "holidays").std(axis=0), 1)
    np.testing.assert_allclose(scaled_by(LEARNED, WEATHER_GROUPS[-1]).std(axis=0), 1)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_the_scale_does_not_depend_on_units(factor: float) -> None:
    shifted = LEARNED | {name: LEARNED[name] * factor + 5 * factor for name in ("means", TEMPERATURE)}
    for name in ("means", TEMPERATURE):
        np.testing.assert_allclose(scaled_by(shifted, name), scaled_by(LEARNED, name), atol=1e-9)


def test_a_rare_holiday_is_not_cut_off() -> None:
    rare = np.zeros((400, 3))
    rare[7, 0] = 1.0
    assert scaled_by(LEARNED | {"holidays": rare}, "holidays")[7, 0] > 15


def test_an_input_that_never_varied_is_nothing() -> None:
    np.testing.assert_array_equal(scaled_by(LEARNED | {"season": np.full((400, 3), 0.75)}, "season"), 0)


@given(rows=st.lists(st.integers(0, 399), max_size=8))
def test_rows_of_states_are_those_of_every_group(rows: list[int]) -> None:
    which: Ints = np.array(rows, dtype=np.int64)
    some = rows_of(LEARNED, which)
    assert list(some) == list(LEARNED)
    for name, values in some.items():
        np.testing.assert_array_equal(values, LEARNED[name][which])

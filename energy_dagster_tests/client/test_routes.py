from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from energy_client import questions
from energy_client.client import EnergyClient
from energy_client.rows import Dimension
from energy_dagster_tests.client.servers import ApiServer, Watched
from energy_dagster_tests.warehouse_fixture import NOW

MIDNIGHT = datetime(2026, 6, 16, tzinfo=UTC)
DAY = timedelta(days=1)


def test_every_answer_names_its_snapshot_and_its_label(client: EnergyClient) -> None:
    snapshot = client.snapshot().snapshot
    assert (snapshot.label, snapshot.simulated, snapshot.as_of) == ("SIMULATED", True, NOW)
    assert client.series().snapshot == snapshot


def test_series_are_listed_and_found_one_by_one(client: EnergyClient) -> None:
    listed = client.series().rows
    assert {row.series_id for row in listed} == {"DK/total", "DK1/total", "DK2/total"}
    assert client.one_series("DK2").rows == tuple(row for row in listed if row.area == "DK2")


def test_the_newest_forecast_has_the_quantiles_asked_for(client: EnergyClient) -> None:
    rows = client.forecasts("DK1", quantiles=(0.9, 0.1, 0.5)).rows
    assert [row.lead_hours for row in rows] == list(range(1, 49))
    for row in rows:
        assert row.q10 is not None
        assert row.q50 is not None
        assert row.q90 is not None
        assert row.q10 < row.q50 < row.q90
        assert row.q95 is None


def test_all_quantiles_come_when_none_is_asked_for(client: EnergyClient) -> None:
    row = client.forecasts("DK1").rows[0]
    assert None not in (row.q05, row.q10, row.q20, row.q30, row.q40, row.q50, row.q60, row.q70, row.q80, row.q90, row.q95)


def test_forecasts_are_found_by_issue_by_clock_by_range_and_by_revision(client: EnergyClient) -> None:
    issue = NOW - timedelta(hours=6)
    exact = client.forecasts("DK", issued_at=issue)
    assert {row.issued_at for row in exact.rows} == {issue}
    assert client.forecasts("DK", as_of=issue + timedelta(minutes=59)).rows == exact.rows
    ranged = client.forecasts("DK", issued_at=(issue, issue + timedelta(hours=2)))
    assert [row.issued_at for row in ranged.rows] == [issue] * 48 + [issue + timedelta(hours=1)] * 48
    replayed = client.forecasts("DK", issued_at=issue, revision=2).rows
    assert {(row.revision, row.origin) for row in replayed} == {(2, "replay")}
    assert client.forecasts("DK", issued_at=issue, origin="replay").rows == replayed


def test_forecasts_of_a_window_hold_its_hours_only(client: EnergyClient) -> None:
    rows = client.forecasts("DK1", start=NOW + timedelta(hours=10), end=NOW + timedelta(hours=12)).rows
    assert [row.lead_hours for row in rows] == [10, 11]


def test_the_day_ahead_product_is_a_whole_local_day_as_of_the_gate(client: EnergyClient) -> None:
    by_word = client.day_ahead("DK1").rows
    assert {row.issued_at for row in by_word} == {datetime(2026, 6, 17, 8, tzinfo=UTC)}
    assert [row.hour_utc for row in by_word] == [datetime(2026, 6, 17, 22, tzinfo=UTC) + timedelta(hours=n) for n in range(24)]
    assert client.day_ahead("DK1", delivery_day=date(2026, 6, 18)).rows == by_word


def test_a_time_is_no_day_of_delivery() -> None:
    with pytest.raises(ValueError, match="delivery_day: expected a date"):
        questions.day_ahead("DK1", delivery_day=NOW)


def test_issues_and_their_provenance_are_told(client: EnergyClient) -> None:
    issues = client.issues(start=MIDNIGHT, end=MIDNIGHT + DAY).rows
    assert [row.issued_at for row in issues] == [MIDNIGHT + timedelta(hours=n) for n in range(24)]
    sources = client.provenance(issued_at=issues[-1].issued_at).rows
    assert (sources[0].steps, sources[0].asset) == (0, "predictions")
    assert client.provenance().rows[0].asset == "predictions"


def test_actuals_are_read_in_each_vintage(client: EnergyClient) -> None:
    old = datetime(2026, 6, 5, tzinfo=UTC)
    by_default, settled, preliminary = (
        client.actuals("DK1", start=old, end=old + DAY, vintage=vintage).rows for vintage in (None, "settled", "preliminary")
    )
    assert by_default == settled
    assert {row.vintage for row in settled} == {"settled"}
    assert {row.provisional for row in preliminary} == {True}
    assert len(settled) == len(preliminary) == 24


def test_revisions_set_the_vintages_side_by_side_by_day(client: EnergyClient) -> None:
    rows = client.revisions("DK1", start=datetime(2026, 5, 31, 22, tzinfo=UTC), end=datetime(2026, 6, 3, 22, tzinfo=UTC)).rows
    assert [row.day for row in rows] == [date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)]
    assert all(row.difference_mwh == pytest.approx(row.settled_mwh - row.preliminary_mwh) for row in rows)


def test_errors_are_told_by_hour_and_summed_up(client: EnergyClient) -> None:
    by_hour = client.errors("DK1", start=MIDNIGHT, end=MIDNIGHT + DAY, lead_bucket="13-24").rows
    assert {row.period_end - row.period_start for row in by_hour} == {timedelta(hours=1)}
    by_bucket = client.errors("DK1", start=MIDNIGHT, end=MIDNIGHT + DAY, by="lead_bucket").rows
    assert [row.lead_bucket for row in by_bucket if row.lead_bucket != "all"] == ["01-06", "07-12", "13-24", "25-48"]


@pytest.mark.parametrize("by", ["lead_bucket", ("lead_bucket",), ("day_type", "lead_bucket")])
def test_the_scorecard_sets_forecasters_side_by_side(client: EnergyClient, by: Dimension | tuple[Dimension, ...]) -> None:
    rows = client.scorecard(area="DK1", by=by).rows
    assert {row.forecaster for row in rows} >= {"forecast", "weekly_naive"}
    assert {row.lead_bucket for row in rows} >= {"01-06", "25-48"}


def test_models_are_listed_and_found_one_by_one(client: EnergyClient) -> None:
    newest = client.models(limit=1).rows
    assert [row.model_version for row in newest] == ["model-b"]
    assert client.model("model-b").rows == newest
    assert newest[0].areas == ["DK1", "DK2"]
    assert newest[0].parameters == {"num_leaves": 63}


def test_the_server_tells_how_it_is(client: EnergyClient) -> None:
    assert client.live().status == "live"
    assert client.ready().snapshot_id == client.snapshot().snapshot.snapshot_id
    assert "energy_api_requests_total" in client.metrics()


def test_naive_times_are_refused_before_anything_is_sent(server: ApiServer) -> None:
    watched = Watched()
    naive = datetime(2026, 6, 17)  # noqa: DTZ001 - what is refused
    with EnergyClient(server.address, transport=watched) as client:
        with pytest.raises(ValueError, match="start: expected an aware time"):
            client.actuals("DK1", start=naive)
        with pytest.raises(ValueError, match="issued_at: expected an aware time"):
            client.forecasts("DK1", issued_at=(NOW, naive))
    assert watched.seen == []


def test_times_of_other_zones_are_sent_in_utc_with_z() -> None:
    local = datetime(2026, 6, 17, 11, tzinfo=timezone(timedelta(hours=2)))
    assert questions.actuals("DK1", end=local).parameters["end"] == "2026-06-17T09:00:00Z"


def test_names_are_escaped_in_paths() -> None:
    assert questions.model("a/b?c").address == "/v1/models/a%2Fb%3Fc"


def test_an_address_of_no_server_is_refused() -> None:
    with pytest.raises(ValueError, match="base_url: expected an address"):
        EnergyClient("127.0.0.1:8000")

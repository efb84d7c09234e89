"""The two pages as the course projects made them: Streamlit, Plotly, and Parquet files read into frames that are kept.

Run by the benchmark: `streamlit run app.py`, with APP_PEER_DATA naming the folder of its Parquet files.
"""

import os
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

AREAS = {"DK": "Denmark", "DK1": "West Denmark (DK1)", "DK2": "East Denmark (DK2)"}
DATA = Path(os.environ["APP_PEER_DATA"])


@st.cache_data
def table(name: str) -> pd.DataFrame:
    """A table, read once for all visitors."""
    return pd.read_parquet(DATA / f"{name}.parquet")


def fan(area: str) -> go.Figure:
    """The newest forecast with two bands after a week of measurements."""
    rows = table("predictions").query("area == @area")
    rows = rows[rows["issued_at"] == rows["issued_at"].max()].sort_values("hour_utc")
    start = rows["hour_utc"].min() - pd.Timedelta(days=7)
    known = table("consumption").query("area == @area and vintage == 'preliminary'")
    known = known[known["hour_utc"] >= start]
    figure = go.Figure(layout={"meta": area, "height": 420})
    for low, high in (("q05", "q95"), ("q10", "q90")):
        figure.add_scatter(x=rows["hour_utc"], y=rows[high], line={"width": 0}, showlegend=False)
        figure.add_scatter(x=rows["hour_utc"], y=rows[low], line={"width": 0}, fill="tonexty", showlegend=False)
    figure.add_scatter(x=known["hour_utc"], y=known["consumption_mwh"], name="Measured")
    figure.add_scatter(x=rows["hour_utc"], y=rows["naive_mwh"], name="Weekly naive", line={"dash": "dash"})
    figure.add_scatter(x=rows["hour_utc"], y=rows["q50"], name="Forecast (P50)")
    return figure


def errors(area: str) -> list[go.Figure]:
    """The error of every hour, and by day, beside the weekly naive's."""
    rows = table("error_metrics").query("area == @area and vintage == 'preliminary' and lead_bucket == '13-24'")
    rows = rows[rows["hour_utc"] >= rows["hour_utc"].max() - pd.Timedelta(days=14)].sort_values("hour_utc")
    hourly, daily = go.Figure(layout={"meta": area}), go.Figure(layout={"meta": area})
    by_day = rows.groupby(rows["hour_utc"].dt.floor("D"))[["abs_error_mwh", "naive_abs_error_mwh"]].mean()
    for column, name in (("abs_error_mwh", "Forecast"), ("naive_abs_error_mwh", "Weekly naive")):
        hourly.add_scatter(x=rows["hour_utc"], y=rows[column], name=name)
        daily.add_bar(x=by_day.index, y=by_day[column], name=name)
    return [hourly, daily]


st.set_page_config(layout="wide")
page = st.query_params.get("page", "forecast")
chosen = st.radio("Area", list(AREAS), format_func=AREAS.__getitem__, horizontal=True)
st.title(AREAS[chosen])
for number, chart in enumerate([fan(chosen)] if page == "forecast" else [*errors(chosen), fan(chosen)]):
    st.plotly_chart(chart, key=f"chart-{number}", width="stretch")

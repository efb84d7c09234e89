from energy_dagster.io_managers.models import Models
from energy_dagster_tests.io_managers.samples import AT, RUN, tiny_model


def test_the_asset_sees_the_models_kept_in_the_lake(root: str) -> None:
    models = Models(root=root, seed=7)
    models.store().write("2026-06-01", tiny_model("a"), at=AT, run_id=RUN)
    champion = models.store().champion(before="2026-06-08")
    assert champion is not None
    assert champion.model.meta.model_version == "a"

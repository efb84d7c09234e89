"""`python -m ui`: serve the app as the environment says."""

from energy_dagster.settings import Settings
from ui.app import serve

if __name__ == "__main__":
    serve(Settings())

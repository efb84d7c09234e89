"""compose.yaml as a user meets it: up, the first forecast, doors that are shut, and containers that are killed and come back."""

import asyncio
import json
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from energy_dagster_tests.infrastructure.containers.platform import PASSWORD, USER, Platform, container, wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800)]

RUNNING = ("postgres", "code", "daemon", "webserver", "api", "app", "proxy")
RUNS = "{ runsOrError(limit: 1) { __typename } repositoriesOrError { __typename } }"
AGAIN_SECONDS = 90


def get(platform: Platform, path: str, **options: Any) -> httpx.Response:
    return httpx.get(platform.url + path, timeout=30, **options)


def graphql(platform: Platform) -> dict[str, Any]:
    """What the web server knows of runs and code: of the database, and of the code location."""
    answer = httpx.post(f"{dagster(platform)}/graphql", json={"query": RUNS}, timeout=30)
    told: dict[str, Any] = answer.json()["data"]
    return told


def dagster(platform: Platform) -> str:
    return f"http://127.0.0.1:{platform.ports['ENERGY_DAGSTER_PORT']}/dagster"


def everything_answers(platform: Platform) -> bool:
    assert get(platform, "/v1/forecasts?area=DK").status_code == 200
    assert get(platform, "/forecast").status_code == 200
    assert graphql(platform) == {
        "runsOrError": {"__typename": "Runs"},
        "repositoriesOrError": {"__typename": "RepositoryConnection"},
    }
    return True


def test_the_first_forecast_is_made_by_itself(platform: Platform) -> None:
    print({name: round(seconds) for name, seconds in platform.seconds.items()})
    answer = get(platform, "/v1/forecasts?area=DK&quantiles=0.1,0.5,0.9").json()
    assert answer["snapshot"]["label"] == "SIMULATED"
    assert len(answer["rows"]) == 48
    assert get(platform, "/health/ready").json()["status"] == "ready"


def test_a_wrong_question_gets_a_sentence(platform: Platform) -> None:
    answer = get(platform, "/v1/forecasts?area=DK9")
    assert answer.status_code == 400
    assert "expected one of DK, DK1, DK2" in answer.json()["detail"]


def test_the_same_is_served_with_tls_by_the_proxys_own_authority(platform: Platform) -> None:
    authority = platform.ask("proxy", "cat", "/data/caddy/pki/authorities/local/root.crt")
    trusted = ssl.create_default_context(cadata=authority)
    answer = httpx.get(f"{platform.secure_url}/v1/snapshot", verify=trusted, timeout=30)
    assert answer.status_code == 200


def test_answers_are_compressed_and_carry_the_headers_of_a_careful_server(platform: Platform) -> None:
    page = get(platform, "/forecast", headers={"Accept-Encoding": "gzip"})
    script = get(platform, "/static/js/bokeh.min.js", headers={"Accept-Encoding": "gzip"})
    rows = get(platform, "/v1/forecasts?area=DK", headers={"Accept-Encoding": "br"})
    assert (page.headers["Content-Encoding"], script.headers["Content-Encoding"], rows.headers["Content-Encoding"]) == (
        "gzip",
        "gzip",
        "br",
    )
    for answer in (page, script, rows):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] in ("SAMEORIGIN", "DENY")
        assert "Referrer-Policy" in answer.headers
        assert "Content-Security-Policy" in answer.headers
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers  # not on localhost


def test_what_is_for_operators_is_not_served(platform: Platform) -> None:
    assert get(platform, "/metrics").status_code == 404


async def _app_says(platform: Platform) -> str:
    """What the app's socket sends first to a page that opens it as a browser would."""
    page = get(platform, "/forecast").text
    token = page.split('"token":"', 1)[1].split('"', 1)[0]
    request = HTTPRequest(platform.url.replace("http", "ws", 1) + "/forecast/ws", headers={"Origin": platform.url})
    socket: WebSocketClientConnection = await websocket_connect(request, subprotocols=["bokeh", token])
    said = await asyncio.wait_for(socket.read_message(), timeout=20)
    socket.close()
    return str(said)


def test_the_apps_socket_opens_through_the_proxy(platform: Platform) -> None:
    assert "msgid" in asyncio.run(_app_says(platform))


async def _dagster_says(platform: Platform) -> str:
    key = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    address = platform.url.replace("http", "ws", 1) + "/dagster/graphql"
    request = HTTPRequest(address, headers={"Authorization": f"Basic {key}"})
    socket: WebSocketClientConnection = await websocket_connect(request, subprotocols=["graphql-ws"])
    await socket.write_message(json.dumps({"type": "connection_init"}))
    said = await asyncio.wait_for(socket.read_message(), timeout=20)
    socket.close()
    return str(said)


def test_the_dagster_ui_is_closed_until_a_password_is_set_and_then_asks_for_it(platform: Platform) -> None:
    assert get(platform, "/dagster").status_code == 403
    assert httpx.get(f"{dagster(platform)}/server_info", timeout=30).status_code == 200

    platform.set_password()
    platform.start("proxy")
    wait_until(lambda: get(platform, "/v1/snapshot").status_code == 200, seconds=AGAIN_SECONDS, what="the proxy answers again")
    assert get(platform, "/dagster").status_code == 401
    assert get(platform, "/dagster", auth=(USER, "wrong")).status_code == 401
    opened = get(platform, "/dagster/server_info", auth=(USER, PASSWORD))
    assert opened.json()["dagster_version"]
    assert "connection_ack" in asyncio.run(_dagster_says(platform))


def test_each_container_may_do_little(platform: Platform) -> None:
    for service in RUNNING:
        process = platform.state(service)[1]
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        user = "0" if service == "proxy" else "999" if service == "postgres" else "1000"
        assert set(status["Uid"].split()) == {user}, service
        allowed = int(status["CapBnd"], 16)
        assert allowed == (1 << 10 if service == "proxy" else 0), service  # CAP_NET_BIND_SERVICE
        assert status["NoNewPrivs"] == "1", service
        told = json.loads(platform.engine.run("podman", "inspect", container(service)))[0]
        assert told["HostConfig"]["ReadonlyRootfs"], service
        assert told["HostConfig"]["Memory"] > 0, service
        assert told["HostConfig"]["PidsLimit"] > 0, service


def test_the_database_is_reached_by_those_who_need_it_alone(platform: Platform) -> None:
    look = "import socket; socket.create_connection(('{}', {}), timeout=5)"
    assert platform.engine.succeeds("podman", "exec", container("code"), "python", "-c", look.format("postgres", 5432))
    for service in ("api", "app"):
        assert not platform.engine.succeeds("podman", "exec", container(service), "python", "-c", look.format("postgres", 5432))


def test_api_and_app_read_what_they_cannot_write(platform: Platform) -> None:
    for service in ("api", "app"):
        assert not platform.engine.succeeds("podman", "exec", container(service), "sh", "-c", "touch /data/x")


def test_the_password_is_in_no_list_of_settings_and_stays(platform: Platform) -> None:
    password = platform.ask("postgres", "cat", "/secrets/postgres-password")
    assert len(password) == 64
    for service in RUNNING:
        assert password not in platform.engine.run("podman", "inspect", container(service))
    assert platform.ask("code", "stat", "-c", "%a %u", "/secrets/pgpass").split() == ["600", "1000"]
    platform.start("prepare")
    wait_until(lambda: platform.state("prepare")[0] == "exited", seconds=60, what="prepare has ended")
    assert platform.ask("postgres", "cat", "/secrets/postgres-password") == password
    assert "password" not in platform.ask("code", "cat", "/data/dagster/dagster.yaml").lower().replace("passwords", "")


@pytest.mark.parametrize("service", RUNNING)
def test_a_container_that_is_killed_comes_back(platform: Platform, service: str) -> None:
    platform.kill(service)
    wait_until(lambda: everything_answers(platform), seconds=AGAIN_SECONDS, what=f"all answers after {service} was killed")


@pytest.mark.parametrize(
    ("site", "tls", "expected"),
    [
        ("energy.example.org", "operators@example.org", '"email": "operators@example.org"'),
        ("energy.example.org", "/etc/caddy/cert.pem /etc/caddy/key.pem", '"certificate": "/etc/caddy/cert.pem"'),
        ("https://energy.lan", "internal", '"module": "internal"'),
    ],
)
def test_the_proxy_understands_a_domain_and_each_kind_of_certificate(
    platform: Platform, site: str, tls: str, expected: str
) -> None:
    told = ("-e", f"ENERGY_SITE={site}", "-e", f"ENERGY_TLS={tls}")
    command = ("caddy", "adapt", "--config", "/etc/caddy/Caddyfile", "--pretty")
    adapted = " ".join(platform.engine.run("podman", "exec", *told, container("proxy"), *command).split())
    assert expected in adapted
    assert f'"host": [ "{site.removeprefix("https://")}" ]' in adapted

"""An empty machine made a host by the playbooks, and looked at from elsewhere in the network. The order of the tests is a story."""

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from energy_dagster_tests.infrastructure.ansible.conftest import Host
from energy_dagster_tests.infrastructure.ansible.playbooks import DOMAIN, ODD
from energy_dagster_tests.infrastructure.ansible.visitor import ROWS, Watch, api_version, app_version

pytestmark = [pytest.mark.ansible, pytest.mark.timeout(2400)]

SERVICES = ("code", "daemon", "webserver", "api@1", "api@2", "ui@1", "ui@2")
REQUESTS = 300
"""That at least are made while a release changes over."""

LOADED = """energy-run python -c "
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    print(len(instance.get_runs()))
" """


def operators_answer(host: Host) -> httpx.Response:
    """What the Dagster UI tells whoever has its password."""
    password = host.machine.do("cat /etc/energy/dagster-password").strip()
    return host.visitor.get("dagster", "/server_info", auth=("operator", password))


def known_runs(host: Host) -> int:
    """Runs that Dagster's database knows of."""
    return int(host.machine.do(LOADED))


def serving(host: Host) -> tuple[str, str]:
    """The releases that answer now: of the API, of the app."""
    return api_version(host.visitor.get("api", ROWS)), app_version(host.visitor.get("app", "/"))


def test_a_second_run_changes_nothing(host: Host) -> None:
    again = host.operator.play("site.yml", **host.operator.release("first"))
    print(f"first run {host.first_run.seconds:.0f} s, second run {again.seconds:.0f} s")
    assert host.first_run.changed > 0
    assert again.changed == 0, again.printed


def test_the_first_forecast_is_there(host: Host) -> None:
    answer = host.visitor.get("api", ROWS)
    assert answer.status_code == 200
    assert len(answer.json()["rows"]) == 48


def test_the_app_answers_and_its_socket_opens_for_its_own_pages_only(host: Host) -> None:
    assert "SIMULATED" in host.visitor.get("app", "/").text
    assert "ACK" in host.visitor.first_message_of_the_apps_socket(origin=f"https://app.{DOMAIN}")
    with pytest.raises(InvalidStatus, match="403"):
        host.visitor.first_message_of_the_apps_socket(origin="https://elsewhere.example.org")


def test_dagster_asks_for_a_password(host: Host) -> None:
    assert host.visitor.get("dagster", "/server_info").status_code == 401
    assert host.visitor.get("dagster", "/server_info", auth=("operator", "guess")).status_code == 401
    assert operators_answer(host).json()["dagster_version"]


def test_everything_is_asked_for_by_tls_with_the_headers_of_caution(host: Host) -> None:
    moved = host.visitor.get_in_the_clear("app")
    assert (moved.status_code, moved.headers["location"]) == (308, f"https://app.{DOMAIN}/")
    page = host.visitor.get("app", "/")
    assert "max-age" in page.headers["strict-transport-security"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"]
    assert "Secure" in page.headers["set-cookie"]
    assert "server" not in page.headers


def test_numbers_for_prometheus_stay_on_the_host(host: Host) -> None:
    assert host.visitor.get("api", "/metrics").status_code == 404
    assert not host.visitor.port_is_open(9100)
    host.machine.do("systemctl start energy-check", seconds=300)
    told = host.machine.do("curl -s http://127.0.0.1:9100/metrics; curl -s http://127.0.0.1:8101/metrics")
    assert "node_systemd_unit_state" in told
    assert "energy_runs_going" in told


def test_the_check_says_what_does_not_answer(host: Host) -> None:
    failed = host.machine.do(
        "systemctl stop energy-api@2; systemctl start energy-check || journalctl -u energy-check -n 20", seconds=300
    )
    host.machine.do("systemctl start energy-api@2")
    assert "energy-api@2 does not answer" in failed


def test_services_run_as_a_user_who_owns_little(host: Host) -> None:
    for service in SERVICES:
        process = host.machine.do(f"systemctl show -p MainPID --value energy-{service}").strip()
        assert host.machine.do(f"stat -c %U /proc/{process}").strip() == "energy", service
        inside = f"nsenter -t {process} -m setpriv --reuid=energy --regid=energy --clear-groups"
        assert host.machine.do(f"{inside} touch /opt/energy/x /etc/x 2>&1 || true").count("Read-only file system") == 2, service
    read_only = host.machine.do(
        "nsenter -t $(systemctl show -p MainPID --value energy-api@1) -m touch /var/lib/energy/x 2>&1 || true"
    )
    assert "Read-only" in read_only


def test_settings_reach_the_programs_as_they_were_written(host: Host) -> None:
    process = "$(systemctl show -p MainPID --value energy-api@1)"
    assert f"ENERGY_CONTACT={ODD}" in host.machine.do(f"tr '\\0' '\\n' < /proc/{process}/environ").splitlines()
    shell = host.machine.do("""energy-run python -c 'import os; print(os.environ["ENERGY_CONTACT"])'""")
    assert shell.strip() == ODD
    assert host.machine.do("stat -c '%a %U %G' /etc/energy/energy.env").split() == ["640", "root", "energy"]


def test_ssh_takes_no_password(host: Host) -> None:
    told = host.machine.do("sshd -T")
    assert "passwordauthentication no" in told
    assert "kbdinteractiveauthentication no" in told


def test_a_port_that_listens_is_closed_to_the_network(host: Host) -> None:
    host.machine.do("systemd-run --unit=listener python3 -m http.server 9999")
    host.machine.do("timeout 20 sh -c 'until ss -Hltn sport = :9999 | grep -q .; do sleep 0.2; done'")
    try:
        assert [port for port in (22, 80, 443) if not host.visitor.port_is_open(port)] == []
        assert not host.visitor.port_is_open(9999)
        host.machine.do("nft flush ruleset")
        assert host.visitor.port_is_open(9999)
    finally:
        host.machine.do("systemctl restart nftables; systemctl stop listener")
    assert not host.visitor.port_is_open(5432)


def test_a_lost_database_and_lost_keys_come_back_from_the_bucket(host: Host) -> None:
    host.machine.do("energy keys create --name planner")
    keys, runs = host.machine.do("cat /var/lib/energy/api-keys.json"), known_runs(host)
    host.machine.do("systemctl start energy-backup", seconds=300)
    host.machine.do("systemctl stop energy-daemon energy-webserver energy-code; rm /var/lib/energy/api-keys.json", seconds=200)
    host.machine.do("su postgres -c 'dropdb --force dagster'")
    newest = host.machine.do("ls /var/backups/energy").split()[-1]
    host.machine.do("rm -r /var/backups/energy/*")
    host.operator.play("restore.yml", backups_from=newest)
    assert host.machine.do("ls /var/backups/energy/*/lake/manifest* /var/backups/energy/*/dagster.dump")
    assert host.machine.do("cat /var/lib/energy/api-keys.json") == keys
    assert known_runs(host) >= runs > 0
    assert operators_answer(host).status_code == 200


def test_a_restore_of_what_is_not_there_touches_nothing(host: Host) -> None:
    before = known_runs(host)
    refused = host.operator.try_to_play("restore.yml", backups_from="19990101T000000Z")
    assert "expected a backup" in refused.printed
    assert known_runs(host) >= before


def test_an_update_loses_no_request(host: Host) -> None:
    first = serving(host)
    with Watch.over(host.visitor) as watch:
        updated = host.operator.play("update.yml", **host.operator.release("second"))
    print(f"update {updated.seconds:.0f} s, {dict(watch.answered)} requests")
    second = serving(host)
    assert watch.failures == []
    assert watch.answered.total() > REQUESTS
    assert watch.versions == {"api": {first[0], second[0]}, "app": {"first", "second"}}
    assert host.operator.play("site.yml", **host.operator.release("first")).changed == 0


def test_a_release_that_does_not_start_is_refused_and_nobody_notices(host: Host) -> None:
    before = serving(host)
    with Watch.over(host.visitor) as watch:
        refused = host.operator.try_to_play("update.yml", **host.operator.release("broken"), release_health_seconds=15)
    print(f"refusal {refused.seconds:.0f} s, {dict(watch.answered)} requests")
    assert not refused.succeeded
    assert "broken was refused, and second serves" in refused.printed
    assert watch.failures == []
    assert watch.answered.total() > REQUESTS
    assert serving(host) == before
    units = host.machine.do("systemctl list-units --state=active --no-legend 'energy-*.service'")
    assert [service for service in SERVICES if f"energy-{service}.service" not in units] == []


def test_the_earlier_release_serves_again(host: Host) -> None:
    with Watch.over(host.visitor) as watch:
        rolled = host.operator.play("rollback.yml")
    print(f"rollback {rolled.seconds:.0f} s, {dict(watch.answered)} requests")
    assert watch.failures == []
    assert serving(host)[1] == "first"
    assert watch.versions["app"] == {"first", "second"}


def test_after_a_restart_everything_comes_by_itself(host: Host) -> None:
    host.machine.restart()
    with_retries = "--retry 90 --retry-delay 1 --retry-all-errors -fsS -o /dev/null"
    for port, path in ((8101, "/health/ready"), (8102, "/health/ready"), (8201, "/"), (8202, "/"), (3000, "/server_info")):
        host.machine.do(f"curl {with_retries} http://127.0.0.1:{port}{path}", seconds=300)
    assert serving(host)[1] == "first"
    assert operators_answer(host).status_code == 200
    assert not host.visitor.port_is_open(5432)
    host.machine.do("timeout 200 sh -c 'until energy-run dagster-daemon liveness-check; do sleep 2; done'", seconds=220)
    timers = host.machine.do("systemctl list-timers --no-legend 'energy-*'")
    assert timers.count("energy-") >= 2

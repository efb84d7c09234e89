"""A stand-in for AWS: moto's server, with what the AWS provider asks and moto 5.2 lacks; run as a module, `-p 5000`.

Each addition answers as AWS documents it, and no more: without one of them the provider tries again for many minutes.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.budgets.responses import BudgetsResponse
from moto.core.responses import ActionResult
from moto.ec2.responses.monitoring import Monitoring
from moto.efs.responses import EFSResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.server import main

_tags: dict[str, dict[str, str]] = {}
_budget_tags: dict[str, list[dict[str, str]]] = {}
_moto_creates_budget: Callable[[Any], str] = BudgetsResponse.create_budget


def _tag(self: Any) -> str:
    _tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags") or {})
    return "{}"


def _list_tags(self: Any) -> str:
    return json.dumps({"Tags": _tags.get(self._get_param("ResourceARN"), {})})


def _monitor(state: str) -> Callable[[Any], ActionResult]:
    def answer(self: Any) -> ActionResult:
        ids = self._get_param("InstanceIds", [])
        for instance in self.ec2_backend.get_multi_instances_by_id(ids) if ids else []:
            instance.monitoring_state = state
        return ActionResult({"InstanceMonitorings": [{"InstanceId": name, "Monitoring": {"State": state}} for name in ids]})

    return answer


def _put_backup_policy(self: Any) -> tuple[str, dict[str, str | int]]:
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system._backup = json.loads(self.body)["BackupPolicy"]["Status"] == "ENABLED"
    return json.dumps({"BackupPolicy": file_system.backup_policy}), {"status": 200, "Content-Type": "application/json"}


def _list_subscribers(self: Any) -> str:
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    asked = self._get_param("Notification")
    found = (notice.subscribers for notice in budget.notifications if notice.details == asked)
    return json.dumps({"Subscribers": next(found, [])})


def _create_budget(self: Any) -> str:
    _budget_tags[self._get_param("Budget")["BudgetName"]] = self._get_param("ResourceTags") or []
    return _moto_creates_budget(self)


def _list_budget_tags(self: Any) -> str:
    return json.dumps({"ResourceTags": _budget_tags.get(self._get_param("ResourceARN").rpartition("/")[2], [])})


def _describe_backup_policy(self: Any) -> tuple[str, dict[str, str]]:
    file_system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    told = file_system.backup_policy or {"Status": "DISABLED"}
    return json.dumps({"BackupPolicy": told}), {"Content-Type": "application/json"}


def _delete_file_system_policy(self: Any) -> tuple[str, dict[str, str]]:
    self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")].file_system_policy = None
    return "{}", {"Content-Type": "application/json"}


def _cancel_rotation(self: Any) -> str:
    secret = self.backend.secrets[self._get_param("SecretId")]
    secret.rotation_enabled = False
    return json.dumps({"ARN": secret.arn, "Name": secret.name})


_ADDED: Final[tuple[tuple[type, str, Callable[[Any], Any]], ...]] = (
    (ApplicationAutoScalingResponse, "tag_resource", _tag),
    (ApplicationAutoScalingResponse, "list_tags_for_resource", _list_tags),
    (BudgetsResponse, "create_budget", _create_budget),
    (BudgetsResponse, "describe_subscribers_for_notification", _list_subscribers),
    (BudgetsResponse, "list_tags_for_resource", _list_budget_tags),
    (Monitoring, "monitor_instances", _monitor("enabled")),
    (Monitoring, "unmonitor_instances", _monitor("disabled")),
    (EFSResponse, "put_backup_policy", _put_backup_policy),
    (EFSResponse, "describe_backup_policy", _describe_backup_policy),
    (EFSResponse, "delete_file_system_policy", _delete_file_system_policy),
    (SecretsManagerResponse, "cancel_rotate_secret", _cancel_rotation),
)


def complete_moto() -> None:
    """Teach moto, in this process, the calls that it lacks."""
    for owner, name, answer in _ADDED:
        setattr(owner, name, answer)


if __name__ == "__main__":
    complete_moto()
    main(sys.argv[1:])

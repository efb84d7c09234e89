data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  fargate    = var.shape == "fargate"
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition

  ports = { webserver = 3000, code = 4000, api = 8000, ui = 8001, database = 5432, folder = 2049, https = 443 }

  # Names of the secrets, the variable that the program reads each from, and what for.
  integrations = {
    entsoe-token      = { variable = "ENERGY_ENTSOE_TOKEN", purpose = "token of the ENTSO-E Transparency Platform" }
    weather-key       = { variable = "ENERGY_WEATHER_KEY", purpose = "key of Open-Meteo for commercial use" }
    wandb-api-key     = { variable = "WANDB_API_KEY", purpose = "key of Weights & Biases" }
    hopsworks-api-key = { variable = "HOPSWORKS_API_KEY", purpose = "key of Hopsworks" }
    alert-urls        = { variable = "ENERGY_ALERT_URLS", purpose = "whom to tell when something is wrong" }
    heartbeat-url     = { variable = "ENERGY_HEARTBEAT_URL", purpose = "dead man's switch" }
  }

  settings = merge(
    {
      ENERGY_SOURCE          = var.data_source
      ENERGY_LAKE_URL        = "s3://${module.storage.lake.name}/lake"
      ENERGY_API_REQUIRE_KEY = tostring(var.api_require_key)
      ENERGY_APP_URL         = "https://app.${var.domain}"
      ENERGY_DAGSTER_URL     = "https://dagster.${var.domain}"
    },
    var.settings,
  )
}

module "network" {
  source = "../network"

  name               = var.name
  region             = var.region
  cidr               = var.cidr
  nat                = local.fargate ? var.nat : "none"
  flow_logs          = var.flow_logs
  log_retention_days = var.log_retention_days
}

module "firewall" {
  source = "../firewall"

  name   = var.name
  vpc_id = module.network.vpc_id

  groups = local.fargate ? {
    alb       = "load balancer"
    webserver = "Dagster web server"
    daemon    = "Dagster daemon"
    code      = "code location"
    run       = "runs"
    api       = "REST API"
    ui        = "app"
    database  = "PostgreSQL of the Dagster instance"
    folder    = "shared folder of the published snapshots"
  } : { host = "the one host" }

  flows = local.fargate ? concat(
    [for to in ["webserver", "api", "ui"] : { from = "alb", to = to, port = local.ports[to] }],
    [for from in ["webserver", "daemon"] : { from = from, to = "code", port = local.ports.code }],
    [for from in ["webserver", "daemon", "code", "run"] : { from = from, to = "database", port = local.ports.database }],
    [for from in ["code", "run", "api", "ui"] : { from = from, to = "folder", port = local.ports.folder }],
  ) : []

  from_outside = local.fargate ? [
    { group = "alb", ports = [80, 443], cidrs = distinct(concat(var.web_cidrs, var.operator_cidrs)) },
    ] : [
    { group = "host", ports = [80, 443], cidrs = distinct(concat(var.web_cidrs, var.operator_cidrs)) },
    { group = "host", ports = [22], cidrs = var.ssh_cidrs },
  ]

  # 443: the registry, the logs, S3, the data portals. A host also fetches packages, by 80.
  to_outside = local.fargate ? {
    for role in ["webserver", "daemon", "code", "run", "api", "ui"] : role => [local.ports.https]
  } : { host = [80, local.ports.https] }
}

module "storage" {
  source = "../storage"

  name          = var.name
  account_id    = local.account_id
  force_destroy = !var.protected
}

module "secrets" {
  source = "../secrets"

  name          = var.name
  entries       = { for name, entry in local.integrations : name => entry.purpose }
  recovery_days = var.protected ? 7 : 0
}

module "observability" {
  source = "../observability"

  name        = var.name
  environment = var.environment
  mails       = var.mails
  budget_usd  = var.budget_usd
  alarms      = local.alarms
}

module "github" {
  source = "../github"
  count  = var.github == null ? 0 : 1

  name            = var.name
  environment     = var.environment
  repository      = var.github.repository
  create_provider = var.github.create_provider
  state_bucket    = var.github.state_bucket
  partition       = local.partition
  account_id      = local.account_id
  region          = var.region
  task_role_arns  = flatten([for task in module.task : task.role_arns])
}

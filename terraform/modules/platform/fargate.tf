locals {
  # What runs, of which image, and what each is told and allowed.
  server_tasks = {
    webserver = {
      image    = "pipeline"
      command  = ["dagster-webserver", "-h", "0.0.0.0", "-p", "3000", "-w", "${local.dagster_home}/workspace.yaml"]
      health   = local.answers["http://127.0.0.1:3000/server_info"]
      policies = { launch_runs = data.aws_iam_policy_document.launch_runs.json, logs = data.aws_iam_policy_document.read_compute_logs.json }
    }
    daemon = {
      image    = "pipeline"
      command  = ["dagster-daemon", "run", "-w", "${local.dagster_home}/workspace.yaml"]
      health   = ["dagster-daemon", "liveness-check"]
      policies = { launch_runs = data.aws_iam_policy_document.launch_runs.json, logs = data.aws_iam_policy_document.compute_logs.json }
    }
    code = {
      image    = "pipeline"
      command  = ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "4000", "-m", "energy_dagster.definitions"]
      health   = ["dagster", "api", "grpc-health-check", "-p", "4000"]
      policies = { lake = data.aws_iam_policy_document.lake.json, logs = data.aws_iam_policy_document.compute_logs.json }
    }
    run = {
      image    = "pipeline"
      command  = null # EcsRunLauncher says it
      health   = null
      policies = { lake = data.aws_iam_policy_document.lake.json, logs = data.aws_iam_policy_document.compute_logs.json }
    }
    api = {
      image    = "api"
      command  = ["python", "-m", "api", "--host", "0.0.0.0"]
      health   = local.answers["http://127.0.0.1:8000/health/live"]
      policies = {}
    }
    ui = {
      image    = "ui"
      command  = ["python", "-m", "ui", "--host", "0.0.0.0"]
      health   = local.answers["http://127.0.0.1:8001/"]
      policies = {}
    }
  }

  tasks        = { for role, task in local.server_tasks : role => task if local.fargate }
  services     = { for role, task in local.tasks : role => task if role != "run" }
  dagster_home = "/tmp/dagster"

  with_instance = ["webserver", "daemon", "code", "run"]
  with_code     = ["code", "run"]
  with_folder   = { code = true, run = true, api = false, ui = false } # whether it writes there

  # The image has a Python, and need not have curl.
  answers = {
    for url in ["http://127.0.0.1:3000/server_info", "http://127.0.0.1:8000/health/live", "http://127.0.0.1:8001/"] :
    url => ["python", "-c", "import urllib.request as u; u.urlopen('${url}', timeout=20)"]
  }

  dagster_yaml = local.fargate ? templatefile("${path.module}/templates/dagster.yaml.tftpl", {
    database = {
      host = module.database[0].host, port = module.database[0].port, user = module.database[0].user, name = module.database[0].database
    }
    compute_logs_bucket = module.storage.compute_logs.name
    region              = var.region
    run_family          = "${var.name}-run"
    cluster             = module.cluster[0].name
    subnet_ids          = module.network.private_subnet_ids
    security_group_id   = module.firewall.ids["run"]
    concurrent_runs     = var.concurrent_runs
  }) : null

  workspace_yaml = local.fargate ? yamlencode({
    load_from = [{
      grpc_server = { host = "code.${module.cluster[0].namespace}", port = local.ports.code, location_name = "energy_dagster" }
    }]
  }) : null

  # A front that has nothing to hide is open to web_cidrs; the Dagster UI, which has no log-in of its own, to operators.
  targets = {
    api       = { host = "api.${var.domain}", health_path = "/health/live", priority = 10, sticky = false, cidrs = var.web_cidrs }
    ui        = { host = "app.${var.domain}", health_path = "/", priority = 20, sticky = true, cidrs = var.web_cidrs }
    webserver = { host = "dagster.${var.domain}", health_path = "/server_info", priority = 30, sticky = false, cidrs = var.operator_cidrs }
  }
}

module "registry" {
  source = "../registry"
  count  = local.fargate ? 1 : 0

  name          = var.name
  force_destroy = !var.protected
}

module "database" {
  source = "../database"
  count  = local.fargate ? 1 : 0

  name                = var.name
  subnet_ids          = module.network.private_subnet_ids
  security_group_id   = module.firewall.ids["database"]
  instance_class      = var.database.instance_class
  multi_az            = var.database.multi_az
  backup_days         = var.database.backup_days
  log_retention_days  = var.log_retention_days
  deletion_protection = var.protected
  skip_final_snapshot = !var.protected
}

module "shared_folder" {
  source = "../shared_folder"
  count  = local.fargate ? 1 : 0

  name              = var.name
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.firewall.ids["folder"]
}

module "cluster" {
  source = "../cluster"
  count  = local.fargate ? 1 : 0

  name   = var.name
  vpc_id = module.network.vpc_id
}

module "load_balancer" {
  source = "../load_balancer"
  count  = local.fargate ? 1 : 0

  name                = var.name
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  security_group_id   = module.firewall.ids["alb"]
  certificate_arn     = var.certificate_arn
  deletion_protection = var.protected
  targets             = { for role, target in local.targets : role => merge(target, { port = local.ports[role] }) }
}

module "task" {
  source   = "../task"
  for_each = local.tasks

  name               = var.name
  role               = each.key
  region             = var.region
  account_id         = local.account_id
  image              = "${module.registry[0].url}:${var.image_tag}-${each.value.image}"
  repository_arn     = module.registry[0].arn
  command            = each.value.command
  health_command     = each.value.health
  cpu                = var.sizes[each.key].cpu
  memory_mb          = var.sizes[each.key].memory_mb
  port               = lookup(local.ports, each.key, null)
  needs_instance     = contains(local.with_instance, each.key)
  policies           = each.value.policies
  log_retention_days = var.log_retention_days

  environment = merge(
    local.settings,
    contains(local.with_instance, each.key) ? {
      DAGSTER_HOME   = local.dagster_home
      DAGSTER_YAML   = local.dagster_yaml
      WORKSPACE_YAML = local.workspace_yaml
    } : {},
    contains(keys(local.with_folder), each.key) ? { ENERGY_DATA = "/data" } : {},
    each.key == "api" ? { ENERGY_API_TRUSTED_PROXIES = module.network.cidr } : {},
  )

  secrets = merge(
    contains(local.with_instance, each.key) ? { ENERGY_POSTGRES_PASSWORD = "${module.database[0].password_secret_arn}:password::" } : {},
    contains(local.with_code, each.key) ? {
      for name in var.integrations : local.integrations[name].variable => module.secrets.arns[name]
    } : {},
  )
  secret_arns = concat(
    contains(local.with_instance, each.key) ? [module.database[0].password_secret_arn] : [],
    contains(local.with_code, each.key) ? [for name in var.integrations : module.secrets.arns[name]] : [],
  )

  folder = contains(keys(local.with_folder), each.key) ? {
    id               = module.shared_folder[0].id
    arn              = module.shared_folder[0].arn
    access_point_id  = module.shared_folder[0].access_point_id
    access_point_arn = module.shared_folder[0].access_point_arn
    writes           = local.with_folder[each.key]
  } : null
}

module "service" {
  source   = "../service"
  for_each = local.services

  role                = each.key
  cluster_arn         = module.cluster[0].arn
  cluster_name        = module.cluster[0].name
  task_definition_arn = module.task[each.key].arn
  subnet_ids          = module.network.private_subnet_ids
  security_group_id   = module.firewall.ids[each.key]
  single              = each.key == "daemon"
  port                = lookup(local.ports, each.key, null)
  operators_may_enter = false
  namespace           = each.key == "code" ? { id = module.cluster[0].namespace_id } : null
  scaling             = lookup(var.scaling, each.key, null)

  # Without a listener rule ECS refuses the group, so an unreachable web server has none.
  target_group_arn = contains(keys(local.reachable), each.key) ? module.load_balancer[0].target_group_arns[each.key] : null
}

locals {
  reachable = { for role, target in local.targets : role => target if length(target.cidrs) > 0 }
}

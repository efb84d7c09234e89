# What people rely on: live data, two zones, and protected from deletion.
module "platform" {
  source = "../../modules/platform"

  name        = "energy-production"
  environment = "production"
  shape       = var.shape
  region      = var.region
  cidr        = "10.30.0.0/16"

  domain          = var.domain
  certificate_arn = var.certificate_arn
  image_tag       = var.image_tag
  web_cidrs       = var.web_cidrs
  operator_cidrs  = var.operator_cidrs
  ssh_cidrs       = var.ssh_cidrs

  data_source  = var.data_source
  settings     = var.settings
  integrations = var.integrations

  nat                = "per_zone" # a zone may fail, and the other goes on
  flow_logs          = true
  log_retention_days = 90
  host               = var.host

  database = {
    instance_class = "db.t4g.small"
    multi_az       = true
    backup_days    = 30
  }

  scaling = {
    api = { min = 2, max = 6, cpu_percent = 60 }
    ui  = { min = 2, max = 6, cpu_percent = 60 }
  }

  mails      = var.mails
  budget_usd = var.budget_usd
  github     = var.github
  protected  = var.protected
}

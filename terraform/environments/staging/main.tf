# Where a change is tried: simulated data, small, and it may be destroyed.
module "platform" {
  source = "../../modules/platform"

  name        = "energy-staging"
  environment = "staging"
  shape       = var.shape
  region      = var.region
  cidr        = "10.20.0.0/16"

  domain          = var.domain
  certificate_arn = var.certificate_arn
  image_tag       = var.image_tag
  web_cidrs       = var.web_cidrs
  operator_cidrs  = var.operator_cidrs
  ssh_cidrs       = var.ssh_cidrs

  data_source  = var.data_source
  settings     = var.settings
  integrations = var.integrations

  nat                = "one"
  log_retention_days = 30
  host               = var.host

  mails      = var.mails
  budget_usd = var.budget_usd
  github     = var.github
  protected  = var.protected
}

# The programs, PostgreSQL and the proxy with TLS are put there by Ansible.
module "host" {
  source = "../host"
  count  = local.fargate ? 0 : 1

  name                = var.name
  subnet_id           = module.network.public_subnet_ids[0]
  security_group_id   = module.firewall.ids["host"]
  instance_type       = var.host.instance_type
  volume_gb           = var.host.volume_gb
  image_owner         = var.host.image_owner
  image_name          = var.host.image_name
  key_name            = var.host.key_name
  deletion_protection = var.protected

  policies = {
    lake    = data.aws_iam_policy_document.lake.json
    logs    = data.aws_iam_policy_document.compute_logs.json
    backups = data.aws_iam_policy_document.backups.json
    secrets = data.aws_iam_policy_document.read_secrets.json
  }
}

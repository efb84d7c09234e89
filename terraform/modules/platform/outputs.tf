output "buckets" {
  description = "Names of the buckets."
  value = {
    lake         = module.storage.lake.name
    compute_logs = module.storage.compute_logs.name
    backups      = module.storage.backups.name
  }
}

output "secret_names" {
  description = "Secrets to put values into, and what each is for."
  value       = { for name, entry in local.integrations : "${var.name}/${name}" => entry.purpose }
}

output "settings" {
  description = "Settings of the program, for Ansible on a host. The lake and the logs are read and written with the host's own role."
  value       = merge(local.settings, { ENERGY_COMPUTE_LOGS_BUCKET = module.storage.compute_logs.name, ENERGY_COMPUTE_LOGS_REGION = var.region })
}

output "host" {
  description = "The host: its id, for sessions and Ansible, and its address, for DNS records; null with Fargate."
  value       = local.fargate ? null : { instance_id = module.host[0].instance_id, public_ip = module.host[0].public_ip }
}

output "repository_url" {
  description = "Where images are pushed to; null on a host."
  value       = local.fargate ? module.registry[0].url : null
}

output "load_balancer" {
  description = "Name and zone that DNS records of api., app. and dagster. point to; null on a host."
  value       = local.fargate ? { dns_name = module.load_balancer[0].dns_name, zone_id = module.load_balancer[0].zone_id } : null
}

output "cluster" {
  description = "Name of the ECS cluster; null on a host."
  value       = local.fargate ? module.cluster[0].name : null
}

output "dagster_yaml" {
  description = "Configuration of the Dagster instance on ECS; on a host `energy instance --server --write` makes it."
  value       = local.dagster_yaml
}

output "github_role_arns" {
  description = "Roles of the workflows on GitHub; empty without."
  value       = length(module.github) > 0 ? module.github[0].role_arns : {}
}

output "buckets" {
  description = "Names of the buckets."
  value       = module.platform.buckets
}

output "secret_names" {
  description = "Secrets to put values into, and what each is for."
  value       = module.platform.secret_names
}

output "settings" {
  description = "Settings of the program, for Ansible on a host. The lake and the logs are read and written with the host's own role."
  value       = module.platform.settings
}

output "host" {
  description = "The host: its id, for sessions and Ansible, and its address, for DNS records; null with Fargate."
  value       = module.platform.host
}

output "repository_url" {
  description = "Where images are pushed to; null on a host."
  value       = module.platform.repository_url
}

output "load_balancer" {
  description = "Name and zone that DNS records of api., app. and dagster. point to; null on a host."
  value       = module.platform.load_balancer
}

output "cluster" {
  description = "Name of the ECS cluster; null on a host."
  value       = module.platform.cluster
}

output "dagster_yaml" {
  description = "Configuration of the Dagster instance on ECS; on a host `energy instance --server --write` makes it."
  value       = module.platform.dagster_yaml
}

output "github_role_arns" {
  description = "Roles of the workflows on GitHub; empty without."
  value       = module.platform.github_role_arns
}

output "name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "namespace_id" {
  description = "Id of the private DNS zone."
  value       = aws_service_discovery_private_dns_namespace.this.id
}

output "namespace" {
  description = "Name of the private DNS zone."
  value       = aws_service_discovery_private_dns_namespace.this.name
}

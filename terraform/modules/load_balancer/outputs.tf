output "dns_name" {
  description = "Name that the hosts' DNS records point to."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Zone of that name, for alias records."
  value       = aws_lb.this.zone_id
}

output "arn_suffix" {
  description = "How CloudWatch names the load balancer."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arns" {
  description = "ARNs of the target groups by service."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn }

  depends_on = [aws_lb_listener.https, aws_lb_listener_rule.this] # ECS refuses a group that no listener has
}

output "target_group_arn_suffixes" {
  description = "How CloudWatch names the target groups, by service."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn_suffix }
}

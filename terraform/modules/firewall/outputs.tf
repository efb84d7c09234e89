output "ids" {
  description = "Ids of the security groups by name."
  value       = { for name, group in aws_security_group.this : name => group.id }

  # Whoever is given a group gets it with its rules.
  depends_on = [
    aws_vpc_security_group_egress_rule.flow,
    aws_vpc_security_group_egress_rule.outside,
    aws_vpc_security_group_ingress_rule.flow,
    aws_vpc_security_group_ingress_rule.outside,
  ]
}

output "role_arns" {
  description = "ARNs of the roles by what they do: plan, deploy."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}

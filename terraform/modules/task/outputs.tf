output "arn" {
  description = "ARN of the task definition, with its revision."
  value       = aws_ecs_task_definition.this.arn
}

output "family" {
  description = "Family of the task definition: the newest revision is what it stands for."
  value       = aws_ecs_task_definition.this.family
}

output "role_arns" {
  description = "The two roles of the task."
  value       = [aws_iam_role.this.arn, aws_iam_role.start.arn]
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

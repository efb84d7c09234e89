output "id" {
  description = "Id of the file system."
  value       = aws_efs_file_system.this.id

  depends_on = [aws_efs_mount_target.this] # a task that starts before them cannot mount it
}

output "arn" {
  description = "ARN of the file system."
  value       = aws_efs_file_system.this.arn
}

output "access_point_id" {
  description = "Id of the way in, as the image's user."
  value       = aws_efs_access_point.this.id
}

output "access_point_arn" {
  description = "ARN of the way in."
  value       = aws_efs_access_point.this.arn
}

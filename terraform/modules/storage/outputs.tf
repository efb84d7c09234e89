output "lake" {
  description = "Bucket of the lake: name and ARN."
  value       = { name = aws_s3_bucket.this["lake"].id, arn = aws_s3_bucket.this["lake"].arn }
}

output "compute_logs" {
  description = "Bucket of what steps print: name and ARN."
  value       = { name = aws_s3_bucket.this["compute-logs"].id, arn = aws_s3_bucket.this["compute-logs"].arn }
}

output "backups" {
  description = "Bucket of dumps and exports: name and ARN."
  value       = { name = aws_s3_bucket.this["backups"].id, arn = aws_s3_bucket.this["backups"].arn }
}

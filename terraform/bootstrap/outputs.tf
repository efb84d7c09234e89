output "bucket" {
  description = "Bucket of the state: `bucket` of each environment's backend.hcl."
  value       = aws_s3_bucket.this.id
}

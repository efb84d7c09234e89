output "host" {
  description = "Name of the database's host."
  value       = aws_db_instance.this.address
}

output "port" {
  description = "Port of the database."
  value       = aws_db_instance.this.port
}

output "database" {
  description = "Name of the database."
  value       = aws_db_instance.this.db_name
}

output "user" {
  description = "User of the database."
  value       = aws_db_instance.this.username
}

output "password_secret_arn" {
  description = "Secret with the password, in the JSON field password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "identifier" {
  description = "Identifier of the instance, for alarms."
  value       = aws_db_instance.this.identifier
}

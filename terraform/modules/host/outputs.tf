output "instance_id" {
  description = "Id of the host: sessions, and Ansible through them, name it."
  value       = aws_instance.this.id
}

output "public_ip" {
  description = "Address that DNS records point to."
  value       = aws_eip.this.public_ip
}

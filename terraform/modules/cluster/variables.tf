variable "name" {
  description = "Name of the cluster, and of its private DNS zone."
  type        = string
}

variable "vpc_id" {
  description = "VPC that the private DNS zone answers in."
  type        = string
}

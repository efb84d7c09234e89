variable "name" {
  description = "Prefix of every name, e.g. energy-staging."
  type        = string
}

variable "region" {
  description = "Region of the network; the S3 endpoint's name holds it."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC, a /16."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16, e.g. 10.20.0.0/16."
  }
}

variable "zone_count" {
  description = "Availability zones that are used; an ALB and RDS need two."
  type        = number
  default     = 2

  validation {
    condition     = var.zone_count >= 2 && var.zone_count <= 3
    error_message = "zone_count must be 2 or 3."
  }
}

variable "nat" {
  description = "NAT gateways: none (nothing runs in the private subnets), one (cheap), per_zone (a zone may fail)."
  type        = string

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat must be none, one or per_zone."
  }
}

variable "flow_logs" {
  description = "Whether refused connections are logged."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 30
}

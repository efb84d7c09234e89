variable "name" {
  description = "Prefix of every name; AWS takes 32 characters for a target group."
  type        = string

  validation {
    condition     = length(var.name) <= 22
    error_message = "name must have 22 characters or fewer: -webserver is added to it, and AWS takes 32."
  }
}

variable "vpc_id" {
  description = "VPC of the targets."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets, in two zones or more."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "certificate_arn" {
  description = "ARN of an ACM certificate for every host, in the same region."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate."
  }
}

variable "targets" {
  description = "Services: host, port, health path, priority of the rule, whether a visitor stays with a task, who may ask (empty: nobody)."
  type = map(object({
    host        = string
    port        = number
    health_path = string
    priority    = number
    sticky      = bool
    cidrs       = list(string)
  }))
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
  type        = bool
  default     = true
}

variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet: without a NAT gateway it is the only one with a way out."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the host."
  type        = string
}

variable "image_owner" {
  description = "Account that publishes the machine image; by default Canonical."
  type        = string
  default     = "099720109477"

  validation {
    condition     = can(regex("^([0-9]{12}|self|amazon)$", var.image_owner))
    error_message = "image_owner must be an account, self or amazon."
  }
}

variable "image_name" {
  description = "Name of the machine image, with *. Ubuntu's brings the SSM agent."
  type        = string
  default     = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"
}

variable "instance_type" {
  description = "Size of the host. A training takes about 2 GB beside the servers' 2 GB, so 4 GB is the least."
  type        = string
  default     = "t3.large"

  validation {
    condition     = !can(regex("[.](nano|micro|small)$", var.instance_type))
    error_message = "instance_type must have 4 GB of memory or more."
  }
}

variable "volume_gb" {
  description = "Size of the volume in GB."
  type        = number
  default     = 40

  validation {
    condition     = var.volume_gb >= 20
    error_message = "volume_gb must be 20 or more."
  }
}

variable "key_name" {
  description = "Name of an EC2 key pair for SSH through a session; null: sessions only."
  type        = string
  default     = null
}

variable "policies" {
  description = "What the programs of the host may do: name and policy document."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether AWS refuses to terminate the host."
  type        = bool
  default     = true
}

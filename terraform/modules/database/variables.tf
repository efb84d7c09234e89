variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "RDS needs subnets in two zones."
  }
}

variable "security_group_id" {
  description = "Security group of the database."
  type        = string
}

variable "engine_major" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "16"

  validation {
    condition     = can(regex("^1[4-9]$", var.engine_major))
    error_message = "engine_major must be 14 or later, without a minor version."
  }
}

variable "instance_class" {
  description = "Size of the instance."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class must start with db."
  }
}

variable "storage_gb" {
  description = "Storage in GB; grows by itself to five times that."
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gb >= 20
    error_message = "storage_gb must be 20 or more, the least of gp3."
  }
}

variable "multi_az" {
  description = "Whether a standby in another zone takes over."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days one can go back to, to the second."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "backup_days must be 1 to 35."
  }
}

variable "password_days" {
  description = "Days between two changes of the password; restart the services after each."
  type        = number
  default     = 365

  validation {
    condition     = var.password_days >= 1 && var.password_days <= 1000
    error_message = "password_days must be 1 to 1000."
  }
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether RDS refuses to delete the database."
  type        = bool
  default     = true
}

variable "skip_final_snapshot" {
  description = "Whether destroy leaves no snapshot behind."
  type        = bool
  default     = false
}

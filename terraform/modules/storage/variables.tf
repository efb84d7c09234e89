variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "account_id" {
  description = "Account, which makes the names of the buckets unique."
  type        = string
}

variable "compute_logs_days" {
  description = "Days that what steps printed is kept."
  type        = number
  default     = 90

  validation {
    condition     = var.compute_logs_days >= 7
    error_message = "compute_logs_days must be 7 or more: a week of runs is looked at."
  }
}

variable "backups_days" {
  description = "Days that dumps and exports are kept."
  type        = number
  default     = 35
}

variable "force_destroy" {
  description = "Whether destroy also deletes buckets that hold something. Forecasts cannot be made again: false but in tests."
  type        = bool
  default     = false
}

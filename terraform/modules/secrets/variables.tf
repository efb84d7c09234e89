variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "entries" {
  description = "Secrets: name and what it is for."
  type        = map(string)
}

variable "recovery_days" {
  description = "Days that a deleted secret can be had back; 0 deletes at once."
  type        = number
  default     = 7

  validation {
    condition     = var.recovery_days == 0 || (var.recovery_days >= 7 && var.recovery_days <= 30)
    error_message = "recovery_days must be 0, or 7 to 30."
  }
}

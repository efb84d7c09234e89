variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "environment" {
  description = "Value of the tag Environment, by which costs are told apart."
  type        = string
}

variable "mails" {
  description = "Mail addresses that alarms and the budget go to; each confirms once."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for mail in var.mails : can(regex("^[^@ ]+@[^@ ]+$", mail))])
    error_message = "mails must be mail addresses."
  }
}

variable "budget_usd" {
  description = "USD a month that are meant to be spent."
  type        = number

  validation {
    condition     = var.budget_usd > 0
    error_message = "budget_usd must be more than 0."
  }
}

variable "alarms" {
  description = "Alarms by name: what it means, the metric, and when it rings."
  type = map(object({
    description = string
    namespace   = string
    metric      = string
    dimensions  = map(string)
    statistic   = optional(string, "Average")
    period_s    = optional(number, 300)
    periods     = optional(number, 2)
    comparison  = optional(string, "GreaterThanThreshold")
    threshold   = number
    missing     = optional(string, "notBreaching")
  }))
  default = {}
}

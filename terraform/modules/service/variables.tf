variable "role" {
  description = "What the service is; also its name, and its container's."
  type        = string
}

variable "cluster_arn" {
  description = "ARN of the cluster."
  type        = string
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "task_definition_arn" {
  description = "ARN of the task definition, with its revision."
  type        = string
}

variable "desired_count" {
  description = "Tasks at first; later autoscaling's where there is one."
  type        = number
  default     = 1

  validation {
    condition     = var.desired_count >= 0
    error_message = "desired_count must not be negative."
  }
}

variable "single" {
  description = "Whether there may never be two, not even during a deployment."
  type        = bool
  default     = false
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the tasks."
  type        = string
}

variable "port" {
  description = "Port that the container listens on; null: none."
  type        = number
  default     = null
}

variable "target_group_arn" {
  description = "Target group of the load balancer; null: nobody outside reaches it."
  type        = string
  default     = null
}

variable "namespace" {
  description = "Private DNS zone that it is found in; null: nobody looks for it."
  type        = object({ id = string }) # an object, so that whether there is one is known before its id is
  default     = null
}

variable "scaling" {
  description = "Fewest and most tasks, and the mean CPU in percent that is aimed at; null: none."
  type        = object({ min = number, max = number, cpu_percent = number })
  default     = null

  validation {
    condition     = var.scaling == null ? true : var.scaling.min <= var.scaling.max && var.scaling.cpu_percent > 0 && var.scaling.cpu_percent < 100
    error_message = "scaling needs min <= max, and a cpu_percent between 0 and 100."
  }
}

variable "operators_may_enter" {
  description = "Whether `aws ecs execute-command` opens a shell in a task."
  type        = bool
  default     = false
}

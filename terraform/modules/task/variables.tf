variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "role" {
  description = "What the task is: webserver, daemon, code, run, api or ui. Also the container's name."
  type        = string
}

variable "region" {
  description = "Region of the logs."
  type        = string
}

variable "account_id" {
  description = "Account whose tasks may take the roles."
  type        = string
}

variable "image" {
  description = "Image with its tag."
  type        = string

  validation {
    condition     = can(regex(":[^/]+$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image must have a tag other than latest: a task definition says what runs."
  }
}

variable "repository_arn" {
  description = "ARN of the repository that the image is pulled from."
  type        = string
}

variable "command" {
  description = "What the container runs; null: whoever starts the task says it."
  type        = list(string)
  default     = null
}

variable "needs_instance" {
  description = "Whether the container writes DAGSTER_YAML and WORKSPACE_YAML to DAGSTER_HOME before it runs its command."
  type        = bool
}

variable "health_command" {
  description = "Command in the container that ends with 0 while it is healthy."
  type        = list(string)
  default     = null
}

variable "cpu" {
  description = "CPU units, 1024 a vCPU."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192], var.cpu)
    error_message = "cpu must be one of Fargate's sizes: 256, 512, 1024, 2048, 4096, 8192."
  }
}

variable "memory_mb" {
  description = "Memory in MB, of the task and of its container."
  type        = number

  validation {
    condition     = var.memory_mb >= 2 * var.cpu && var.memory_mb <= 8 * var.cpu
    error_message = "Fargate takes 2 to 8 MB of memory for each CPU unit."
  }
}

variable "port" {
  description = "Port that the container listens on; null: none."
  type        = number
  default     = null
}

variable "environment" {
  description = "Environment variables that are no secret."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Environment variables from Secrets Manager: name and ARN, with a JSON field where it has one."
  type        = map(string)
  default     = {}
}

variable "secret_arns" {
  description = "ARNs of those secrets, without fields."
  type        = list(string)
  default     = []
}

variable "folder" {
  description = "Shared folder that is mounted at /data, and whether the task writes there; null: none."
  type        = object({ id = string, arn = string, access_point_id = string, access_point_arn = string, writes = bool })
  default     = null
}

variable "policies" {
  description = "What the program may do: name and policy document."
  type        = map(string)
  default     = {}
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
}

variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "environment" {
  description = "GitHub environment whose jobs may deploy; also the first part of the state's key."
  type        = string
}

variable "repository" {
  description = "Repository on GitHub, owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository must be owner/name, without * or a host."
  }
}

variable "create_provider" {
  description = "Whether this environment makes GitHub's identity provider: one of an account's environments does."
  type        = bool
}

variable "partition" {
  description = "Partition of AWS."
  type        = string
}

variable "account_id" {
  description = "Account of the environment."
  type        = string
}

variable "region" {
  description = "Region of the environment."
  type        = string
}

variable "state_bucket" {
  description = "Bucket of the state."
  type        = string
}

variable "task_role_arns" {
  description = "Roles that a deployment may hand to tasks; empty: no deploy policy."
  type        = list(string)
  default     = []
}

variable "name" {
  description = "Name of the file system."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets that mount it, one per zone."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the mount targets."
  type        = string
}

variable "user_id" {
  description = "User and group that own every file: those of the image."
  type        = number
  default     = 1000

  validation {
    condition     = var.user_id > 0
    error_message = "user_id must not be root's."
  }
}

variable "region" {
  description = "Region of the bucket."
  type        = string
  default     = "eu-west-1"
}

variable "force_destroy" {
  description = "Whether destroy also deletes a bucket that holds state: false but in tests."
  type        = bool
  default     = false
}

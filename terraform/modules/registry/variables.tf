variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "images_kept" {
  description = "Newest images that are kept, to go back to."
  type        = number
  default     = 60 # of twenty releases

  validation {
    condition     = var.images_kept >= 2
    error_message = "images_kept must be 2 or more: the image that runs, and the one before."
  }
}

variable "force_destroy" {
  description = "Whether destroy also deletes a repository that holds images."
  type        = bool
  default     = false
}

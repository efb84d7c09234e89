variable "shape" {
  description = "host: everything on one EC2 instance. fargate: each part in tasks of its own."
  type        = string
  default     = "fargate"
}

variable "region" {
  description = "Region of AWS."
  type        = string
  default     = "eu-west-1"
}

variable "domain" {
  description = "Domain of the hosts api., app. and dagster."
  type        = string
}

variable "certificate_arn" {
  description = "ACM certificate of *.domain in the region; needed by the shape fargate."
  type        = string
  default     = null
}

variable "image_tag" {
  description = "Tag of the images that the tasks run, without -pipeline, -api and -ui."
  type        = string
  default     = "none-pushed-yet"
}

variable "data_source" {
  description = "Where the data come from: sandbox (simulated) or live."
  type        = string
  default     = "live"
}

variable "settings" {
  description = "More settings of the program, e.g. ENERGY_CONTACT. No secrets."
  type        = map(string)
  default     = {}
}

variable "integrations" {
  description = "Secrets that have been given a value, e.g. entsoe-token, alert-urls."
  type        = set(string)
  default     = []
}

variable "web_cidrs" {
  description = "Addresses that may ask the API and the app."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "operator_cidrs" {
  description = "Addresses that may open the Dagster UI, which has no log-in; empty: nobody."
  type        = list(string)
  default     = []
}

variable "ssh_cidrs" {
  description = "Addresses that may open SSH on the host; empty: sessions of Systems Manager only."
  type        = list(string)
  default     = []
}

variable "host" {
  description = "The host of the shape host: size, machine image and its owner, key pair."
  type = object({
    instance_type = optional(string)
    volume_gb     = optional(number)
    image_owner   = optional(string)
    image_name    = optional(string)
    key_name      = optional(string)
  })
  default = {}
}

variable "mails" {
  description = "Mail addresses that alarms and the budget go to."
  type        = list(string)
  default     = []
}

variable "budget_usd" {
  description = "USD a month that are meant to be spent."
  type        = number
  default     = 500
}

variable "github" {
  description = "Roles for workflows on GitHub: the repository, whether to make the account's identity provider, the state's bucket."
  type        = object({ repository = string, create_provider = bool, state_bucket = string })
  default     = null
}

variable "protected" {
  description = "Whether AWS refuses to delete what cannot be made again. Set to false, and apply, before a destroy."
  type        = bool
  default     = true
}

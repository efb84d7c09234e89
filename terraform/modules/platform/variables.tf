variable "name" {
  description = "Prefix of every name, e.g. energy-staging."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,21}$", var.name))
    error_message = "name must be 3 to 22 small letters, digits and dashes, beginning with a letter."
  }
}

variable "environment" {
  description = "Name of the environment: staging or production."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment must be staging or production."
  }
}

variable "shape" {
  description = "host: everything on one EC2 instance, cheap. fargate: each part in tasks of its own, nothing to patch."
  type        = string

  validation {
    condition     = contains(["host", "fargate"], var.shape)
    error_message = "shape must be host or fargate."
  }
}

variable "region" {
  description = "Region of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region must be a region of AWS, e.g. eu-west-1."
  }
}

variable "cidr" {
  description = "Addresses of the VPC, a /16."
  type        = string
}

variable "nat" {
  description = "NAT gateways of the shape fargate: one, or per_zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["one", "per_zone"], var.nat)
    error_message = "nat must be one or per_zone: tasks ask the data portals, which are on the internet."
  }
}

variable "flow_logs" {
  description = "Whether refused connections are logged."
  type        = bool
  default     = false
}

variable "domain" {
  description = "Domain of the hosts api., app. and dagster."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.domain))
    error_message = "domain must be a domain, e.g. energy.example.org."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of *.domain, for the shape fargate."
  type        = string
  default     = null

  validation {
    condition     = var.shape != "fargate" || var.certificate_arn != null
    error_message = "The shape fargate needs certificate_arn: nothing is served without TLS."
  }
}

variable "web_cidrs" {
  description = "Addresses that may ask the API and the app."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for cidr in var.web_cidrs : can(cidrhost(cidr, 0))]) && length(var.web_cidrs) <= 4
    error_message = "web_cidrs must be up to four networks, e.g. 203.0.113.0/24: a rule of the load balancer takes no more."
  }
}

variable "operator_cidrs" {
  description = "Addresses that may open the Dagster UI, which has no log-in; four at most, empty: nobody."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.operator_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")]) && length(var.operator_cidrs) <= 4
    error_message = "operator_cidrs must be up to four networks, and not the whole internet: whoever opens the Dagster UI can start and stop everything."
  }
}

variable "ssh_cidrs" {
  description = "Addresses that may open SSH on the host; empty: sessions of Systems Manager only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.ssh_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "ssh_cidrs must be networks, and not the whole internet."
  }
}

variable "data_source" {
  description = "Where the data come from: sandbox (simulated) or live."
  type        = string

  validation {
    condition     = contains(["sandbox", "live"], var.data_source)
    error_message = "data_source must be sandbox or live."
  }
}

variable "settings" {
  description = "More settings of the program, e.g. ENERGY_CONTACT. No secrets: these are in plain sight."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("KEY|TOKEN|PASSWORD|SECRET|URLS|POSTGRES_URL", name)) || name == "ENERGY_API_REQUIRE_KEY"])
    error_message = "settings must hold no secret; put it into Secrets Manager and name it in integrations."
  }
}

variable "api_require_key" {
  description = "Whether the API's rows need a key."
  type        = bool
  default     = true
}

variable "integrations" {
  description = "Secrets that have a value, and are given to the code location and its runs."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(
      var.integrations,
      ["entsoe-token", "weather-key", "wandb-api-key", "hopsworks-api-key", "alert-urls", "heartbeat-url"],
    )) == 0
    error_message = "integrations must be some of entsoe-token, weather-key, wandb-api-key, hopsworks-api-key, alert-urls, heartbeat-url."
  }
}

variable "image_tag" {
  description = "Tag of the images that the tasks run, without -pipeline, -api and -ui."
  type        = string
  default     = "none-pushed-yet"

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,118}$", var.image_tag)) && var.image_tag != "latest"
    error_message = "image_tag must be a tag, and not latest: a tag that ran once is what it was."
  }
}

variable "sizes" {
  description = "CPU units and memory of each task."
  type        = map(object({ cpu = number, memory_mb = number }))
  default = {
    webserver = { cpu = 512, memory_mb = 1024 }
    daemon    = { cpu = 512, memory_mb = 1024 }
    code      = { cpu = 512, memory_mb = 2048 }
    run       = { cpu = 2048, memory_mb = 8192 }
    api       = { cpu = 512, memory_mb = 1024 }
    ui        = { cpu = 512, memory_mb = 2048 }
  }

  validation {
    condition     = length(setsubtract(["webserver", "daemon", "code", "run", "api", "ui"], keys(var.sizes))) == 0
    error_message = "sizes must name webserver, daemon, code, run, api and ui."
  }
}

variable "scaling" {
  description = "Fewest and most tasks of the API and the app, and the mean CPU in percent that is aimed at."
  type        = map(object({ min = number, max = number, cpu_percent = number }))
  default = {
    api = { min = 1, max = 3, cpu_percent = 60 }
    ui  = { min = 1, max = 3, cpu_percent = 60 }
  }

  validation {
    condition     = length(setsubtract(keys(var.scaling), ["api", "ui"])) == 0
    error_message = "Only api and ui can be many."
  }
}

variable "concurrent_runs" {
  description = "Runs at a time."
  type        = number
  default     = 4

  validation {
    condition     = var.concurrent_runs >= 1 && var.concurrent_runs <= 25
    error_message = "concurrent_runs must be 1 to 25."
  }
}

variable "database" {
  description = "Size of the database, whether a standby takes over, and the days one can go back to."
  type = object({
    instance_class = optional(string, "db.t4g.micro")
    multi_az       = optional(bool, false)
    backup_days    = optional(number, 7)
  })
  default = {}
}

variable "host" {
  description = "The host of the shape host: size, machine image, and a key pair for SSH through a session."
  type = object({
    instance_type = optional(string, "t3.large")
    volume_gb     = optional(number, 40)
    image_owner   = optional(string, "099720109477")
    image_name    = optional(string, "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*")
    key_name      = optional(string)
  })
  default = {}
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch knows: 7, 14, 30, 60, 90, 120, 180, 365."
  }
}

variable "mails" {
  description = "Mail addresses that alarms and the budget go to."
  type        = list(string)
  default     = []
}

variable "budget_usd" {
  description = "USD a month that are meant to be spent."
  type        = number
}

variable "protected" {
  description = "Whether AWS refuses to delete what cannot be made again, and a destroyed database leaves a snapshot."
  type        = bool
  default     = true
}

variable "github" {
  description = "Roles for workflows on GitHub: the repository, whether to make the account's identity provider, the state's bucket; null: none."
  type        = object({ repository = string, create_provider = bool, state_bucket = string })
  default     = null
}

variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "VPC that the groups belong to."
  type        = string
}

variable "groups" {
  description = "Security groups: name and what stands behind it."
  type        = map(string)
}

variable "flows" {
  description = "Who opens a connection to whom, at which TCP port. Nothing else passes between the groups."
  type        = list(object({ from = string, to = string, port = number }))
  default     = []

  validation {
    condition     = alltrue([for flow in var.flows : contains(keys(var.groups), flow.from) && contains(keys(var.groups), flow.to)])
    error_message = "Each flow must name two of the groups."
  }
}

variable "from_outside" {
  description = "Doors from outside the VPC: the group, its TCP ports, and the addresses that may."
  type        = list(object({ group = string, ports = list(number), cidrs = list(string) }))
  default     = []

  validation {
    condition = alltrue(flatten([
      for door in var.from_outside : [for port in door.ports : contains([80, 443], port) || !contains(door.cidrs, "0.0.0.0/0")]
    ]))
    error_message = "Only ports 80 and 443 may be open to everybody."
  }
}

variable "to_outside" {
  description = "Groups that reach the internet, and at which TCP ports."
  type        = map(list(number))
  default     = {}
}

locals {
  # One flow is one rule where it leaves and one where it arrives.
  flows = { for flow in var.flows : "${flow.from}-to-${flow.to}-${flow.port}" => flow }

  from_outside = merge([
    for door in var.from_outside : {
      for pair in setproduct(door.ports, door.cidrs) :
      "${door.group}-${pair[0]}-from-${pair[1]}" => { group = door.group, port = pair[0], cidr = pair[1] }
    }
  ]...)

  to_outside = merge([
    for group, ports in var.to_outside : { for port in ports : "${group}-${port}" => { group = group, port = port } }
  ]...)
}

resource "aws_security_group" "this" {
  for_each = var.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each = local.flows

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "to ${each.value.to}"
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each = local.flows

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "from ${each.value.from}"
}

resource "aws_vpc_security_group_ingress_rule" "outside" {
  for_each = local.from_outside

  security_group_id = aws_security_group.this[each.value.group].id
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  description       = "from outside"
}

resource "aws_vpc_security_group_egress_rule" "outside" {
  for_each = local.to_outside

  security_group_id = aws_security_group.this[each.value.group].id
  cidr_ipv4         = "0.0.0.0/0" # addresses of AWS and of the data portals change; the port does not
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  description       = "to the internet"
}

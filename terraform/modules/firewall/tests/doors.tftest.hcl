mock_provider "aws" {}

variables {
  name   = "energy-test"
  vpc_id = "vpc-1"
  groups = { front = "front", back = "back" }
}

run "a_flow_is_one_rule_on_each_side" {
  command = plan

  variables {
    flows        = [{ from = "front", to = "back", port = 8000 }]
    from_outside = [{ group = "front", ports = [80, 443], cidrs = ["0.0.0.0/0"] }]
    to_outside   = { back = [443] }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.flow) == 1 && length(aws_vpc_security_group_egress_rule.flow) == 1
    error_message = "A flow must be one rule where it leaves and one where it arrives."
  }

  assert {
    condition     = sort([for rule in aws_vpc_security_group_ingress_rule.outside : rule.from_port]) == sort([80, 443])
    error_message = "The front must be open at 80 and 443."
  }
}

run "ssh_is_never_open_to_everybody" {
  command = plan

  variables {
    from_outside = [{ group = "front", ports = [22], cidrs = ["0.0.0.0/0"] }]
  }

  expect_failures = [var.from_outside]
}

run "a_flow_names_known_groups" {
  command = plan

  variables {
    flows = [{ from = "front", to = "nobody", port = 8000 }]
  }

  expect_failures = [var.flows]
}

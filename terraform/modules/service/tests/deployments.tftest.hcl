mock_provider "aws" {}

variables {
  role                = "daemon"
  cluster_arn         = "arn:aws:ecs:eu-west-1:123456789012:cluster/energy-test"
  cluster_name        = "energy-test"
  task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/energy-test-daemon:1"
  subnet_ids          = ["subnet-1"]
  security_group_id   = "sg-1"
}

run "there_is_never_a_second_daemon" {
  command = plan

  variables {
    single = true
  }

  assert {
    condition     = aws_ecs_service.this.deployment_maximum_percent == 100 && aws_ecs_service.this.deployment_minimum_healthy_percent == 0
    error_message = "The old task must end before the new one starts."
  }
}

run "a_deployment_of_the_others_loses_no_request" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_minimum_healthy_percent == 100 && aws_ecs_service.this.deployment_maximum_percent == 200
    error_message = "The new task must answer before the old one ends."
  }

  assert {
    condition     = !aws_ecs_service.this.network_configuration[0].assign_public_ip && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "Tasks have no public address, and a deployment that fails goes back."
  }
}

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name            = "energy-staging"
  environment     = "staging"
  region          = "eu-west-1"
  cidr            = "10.20.0.0/16"
  domain          = "energy.example.org"
  data_source     = "sandbox"
  budget_usd      = 100
  certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
}

run "a_host_has_no_nat_gateway_no_database_and_no_cluster" {
  command = plan

  variables {
    shape           = "host"
    certificate_arn = null
  }

  assert {
    condition     = length(module.host) == 1 && length(module.database) == 0 && length(module.cluster) == 0 && length(module.task) == 0
    error_message = "One host must be all."
  }

  assert {
    condition     = output.load_balancer == null && output.dagster_yaml == null
    error_message = "A host has neither load balancer nor launcher."
  }
}

run "fargate_has_six_tasks_and_no_host" {
  command = plan

  variables {
    shape = "fargate"
  }

  assert {
    condition     = length(module.host) == 0 && sort(keys(module.task)) == tolist(["api", "code", "daemon", "run", "ui", "webserver"])
    error_message = "Fargate must have a task for each part."
  }

  assert {
    condition     = sort(keys(module.service)) == tolist(["api", "code", "daemon", "ui", "webserver"])
    error_message = "A run is a task that is started, no service."
  }
}

run "fargate_needs_a_certificate" {
  command = plan

  variables {
    shape           = "fargate"
    certificate_arn = null
  }

  expect_failures = [var.certificate_arn]
}

run "the_dagster_ui_is_never_open_to_everybody" {
  command = plan

  variables {
    shape          = "host"
    operator_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.operator_cidrs]
}

run "a_secret_among_the_settings_is_refused" {
  command = plan

  variables {
    shape    = "host"
    settings = { ENERGY_ENTSOE_TOKEN = "in plain sight" }
  }

  expect_failures = [var.settings]
}

run "latest_is_no_tag" {
  command = plan

  variables {
    shape     = "host"
    image_tag = "latest"
  }

  expect_failures = [var.image_tag]
}

run "there_are_two_shapes" {
  command = plan

  variables {
    shape = "kubernetes"
  }

  expect_failures = [var.shape]
}

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name            = "energy-test"
  environment     = "test"
  repository      = "owner/name"
  create_provider = false
  partition       = "aws"
  account_id      = "123456789012"
  region          = "eu-west-1"
  state_bucket    = "state"
  task_role_arns  = ["arn:aws:iam::123456789012:role/energy-test-api", "arn:aws:iam::123456789012:role/energy-test-api-start"]
}

run "each_role_is_taken_only_by_its_own_jobs" {
  command = plan

  assert {
    condition = jsonencode({
      for role, document in data.aws_iam_policy_document.trust : role => sort(flatten([
        for condition in document.statement[0].condition : condition.values if endswith(condition.variable, ":sub")
      ]))
      }) == jsonencode({
      deploy = ["repo:owner/name:environment:test"]
      plan   = ["repo:owner/name:pull_request", "repo:owner/name:ref:refs/heads/main"]
    })
    error_message = "A pull request plans; only jobs of the environment deploy."
  }
}

run "a_deployment_may_do_what_a_roll_out_does_and_no_more" {
  command = plan

  assert {
    condition = toset(flatten(data.aws_iam_policy_document.deploy.statement[*].actions)) == toset([
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetAuthorizationToken",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
      "ecs:DeregisterTaskDefinition",
      "ecs:RegisterTaskDefinition",
      "ecs:TagResource",
      "ecs:UpdateService",
      "iam:PassRole",
    ])
    error_message = "scripts/ecs_services.py and scripts/images.sh say what is needed."
  }

  assert {
    condition     = contains(flatten(data.aws_iam_policy_document.plan.statement[*].actions), "ecs:Describe*")
    error_message = "A roll-out looks at services and task definitions."
  }
}

run "a_host_has_nothing_to_roll_out" {
  command = plan

  variables {
    task_role_arns = []
  }

  assert {
    condition     = length(aws_iam_role_policy.deploy) == 0 && length(aws_iam_role_policy.plan) == 2
    error_message = "Without task roles there is no deploy policy."
  }
}

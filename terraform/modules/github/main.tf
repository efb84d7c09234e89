locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.create_provider ? aws_iam_openid_connect_provider.this[0].arn : "arn:${var.partition}:iam::${var.account_id}:oidc-provider/${local.issuer}"

  # Who may take which role: a pull request plans; the environment's own jobs, after its reviewers' consent, roll out.
  subjects = {
    plan   = ["repo:${var.repository}:pull_request", "repo:${var.repository}:ref:refs/heads/main"]
    deploy = ["repo:${var.repository}:environment:${var.environment}"]
  }
}

# One for each account, whatever the number of environments.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = each.value
    }
  }
}

# Reads how everything is set up, and nothing that it holds: no object of a bucket but the state, no secret, no log line.
data "aws_iam_policy_document" "plan" {
  statement {
    sid = "DescribeWhatHasNoNarrowerResource"
    actions = [
      "acm:DescribeCertificate",
      "application-autoscaling:Describe*",
      "application-autoscaling:ListTagsForResource",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:ListTagsForResource",
      "ec2:Describe*",
      "ecr:DescribeRepositories",
      "ecr:GetLifecyclePolicy",
      "ecr:ListTagsForResource",
      "ecs:Describe*",
      "ecs:ListTagsForResource",
      "elasticfilesystem:Describe*",
      "elasticloadbalancing:Describe*",
      "logs:DescribeLogGroups",
      "logs:ListTagsForResource",
      "rds:Describe*",
      "rds:ListTagsForResource",
      "servicediscovery:GetNamespace",
      "servicediscovery:GetOperation",
      "servicediscovery:GetService",
      "servicediscovery:ListTagsForResource",
      "sts:GetCallerIdentity",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Budget"
    actions   = ["budgets:ViewBudget", "budgets:ListTagsForResource"]
    resources = ["arn:${var.partition}:budgets::${var.account_id}:budget/${var.name}"]
  }

  statement {
    sid     = "Roles"
    actions = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider"]
    resources = [
      "arn:${var.partition}:iam::${var.account_id}:role/${var.name}-*",
      "arn:${var.partition}:iam::${var.account_id}:instance-profile/${var.name}-*",
      "arn:${var.partition}:iam::${var.account_id}:oidc-provider/${local.issuer}",
    ]
  }

  statement {
    sid = "Buckets"
    actions = [
      "s3:GetAccelerateConfiguration",
      "s3:GetBucket*",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
    ]
    resources = ["arn:${var.partition}:s3:::${var.name}-*"]
  }

  statement {
    sid     = "SecretsByNameOnly"
    actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"]
    resources = [
      "arn:${var.partition}:secretsmanager:${var.region}:${var.account_id}:secret:${var.name}/*",
      "arn:${var.partition}:secretsmanager:${var.region}:${var.account_id}:secret:rds!db-*",
    ]
  }

  statement {
    sid       = "Alarms"
    actions   = ["sns:GetTopicAttributes", "sns:GetSubscriptionAttributes", "sns:ListTagsForResource"]
    resources = ["arn:${var.partition}:sns:${var.region}:${var.account_id}:${var.name}-alarms*"]
  }

  statement {
    sid       = "StateBucket"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${var.partition}:s3:::${var.state_bucket}"]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.environment}/*"]
    }
  }

  statement {
    sid       = "State"
    actions   = ["s3:GetObject"]
    resources = ["arn:${var.partition}:s3:::${var.state_bucket}/${var.environment}/*"]
  }
}

# Rolls out images: pushes them, registers task definitions of this environment with them, and lets its services run those; as
# scripts/deploy_ecs.py does, with the reading that the other policy allows. It applies nothing: the state is an operator's.
data "aws_iam_policy_document" "deploy" {
  statement {
    sid       = "RegistryLogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # AWS knows no narrower resource for it
  }

  statement {
    sid = "Push"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = ["arn:${var.partition}:ecr:${var.region}:${var.account_id}:repository/${var.name}"]
  }

  statement {
    sid       = "Define"
    actions   = ["ecs:RegisterTaskDefinition", "ecs:TagResource"]
    resources = ["arn:${var.partition}:ecs:${var.region}:${var.account_id}:task-definition/${var.name}-*:*"]
  }

  statement {
    sid       = "Retire"
    actions   = ["ecs:DeregisterTaskDefinition"]
    resources = ["*"] # AWS knows no narrower resource for it
  }

  statement {
    sid       = "RollOut"
    actions   = ["ecs:UpdateService"]
    resources = ["arn:${var.partition}:ecs:${var.region}:${var.account_id}:service/${var.name}/*"]
  }

  statement {
    sid       = "HandRolesToTasks"
    actions   = ["iam:PassRole"]
    resources = var.task_role_arns

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${var.name}-github-${each.key}"
  description          = "Workflows of ${var.repository} ${each.key} with it"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "plan" {
  for_each = aws_iam_role.this

  name   = "plan"
  role   = each.value.id
  policy = data.aws_iam_policy_document.plan.json
}

# Only where there is a registry and services to roll out; a host is configured by Ansible.
resource "aws_iam_role_policy" "deploy" {
  count = length(var.task_role_arns) > 0 ? 1 : 0

  name   = "deploy"
  role   = aws_iam_role.this["deploy"].id
  policy = data.aws_iam_policy_document.deploy.json
}

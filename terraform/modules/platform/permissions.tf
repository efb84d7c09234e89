# What each program may do, one document for each thing it is allowed.

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "List"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket"]
    resources = [module.storage.lake.arn]
  }

  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"] # upkeep deletes what was replaced
    resources = ["${module.storage.lake.arn}/*"]
  }
}

data "aws_iam_policy_document" "compute_logs" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [module.storage.compute_logs.arn]
  }

  statement {
    sid       = "ReadAndWrite"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${module.storage.compute_logs.arn}/*"]
  }
}

data "aws_iam_policy_document" "read_compute_logs" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [module.storage.compute_logs.arn]
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${module.storage.compute_logs.arn}/*"]
  }
}

# A host writes backups and cannot take them away; the bucket's versions outlive an overwriting.
data "aws_iam_policy_document" "backups" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [module.storage.backups.arn]
  }

  statement {
    sid       = "WriteAndRestore"
    actions   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    resources = ["${module.storage.backups.arn}/*"]
  }
}

data "aws_iam_policy_document" "read_secrets" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = values(module.secrets.arns)
  }
}

# The web server and the daemon start runs, look after them and end them; and nothing but runs.
data "aws_iam_policy_document" "launch_runs" {
  statement {
    sid       = "Start"
    actions   = ["ecs:RunTask"]
    resources = ["arn:${local.partition}:ecs:${var.region}:${local.account_id}:task-definition/${var.name}-run:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = ["arn:${local.partition}:ecs:${var.region}:${local.account_id}:cluster/${var.name}"]
    }
  }

  statement {
    sid       = "FollowAndEnd"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["arn:${local.partition}:ecs:${var.region}:${local.account_id}:task/${var.name}/*"]
  }

  statement {
    sid       = "Tag"
    actions   = ["ecs:TagResource"]
    resources = ["arn:${local.partition}:ecs:${var.region}:${local.account_id}:task/${var.name}/*"]

    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RunTask"]
    }
  }

  statement {
    sid       = "LookUp"
    actions   = ["ecs:DescribeTaskDefinition"]
    resources = ["*"] # AWS knows no narrower resource for it
  }

  statement {
    sid     = "HandRolesToRuns"
    actions = ["iam:PassRole"]
    resources = [
      "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-run",
      "arn:${local.partition}:iam::${local.account_id}:role/${var.name}-run-start",
    ]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadWhyARunFailed"
    actions   = ["logs:GetLogEvents"]
    resources = ["arn:${local.partition}:logs:${var.region}:${local.account_id}:log-group:/energy/${var.name}/run:log-stream:*"]
  }
}

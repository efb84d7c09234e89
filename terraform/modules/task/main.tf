locals {
  family      = "${var.name}-${var.role}"
  data_folder = "/data"

  # Runs are started with a command of their own; the entry point stays, so each container finds
  # the instance's configuration.
  entry_point = [
    "/bin/sh", "-ec",
    <<-SHELL
      mkdir -p "$DAGSTER_HOME"
      printf %s "$DAGSTER_YAML" > "$DAGSTER_HOME/dagster.yaml"
      printf %s "$WORKSPACE_YAML" > "$DAGSTER_HOME/workspace.yaml"
      exec "$@"
    SHELL
    ,
    "energy",
  ]

  container = merge(
    {
      name        = var.role
      image       = var.image
      essential   = true
      memory      = var.memory_mb # the container's own: EcsRunLauncher looks for it there
      cpu         = var.cpu
      environment = [for name in sort(keys(var.environment)) : { name = name, value = var.environment[name] }]
      secrets     = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
      mountPoints = var.folder == null ? [] : [
        { sourceVolume = "data", containerPath = local.data_folder, readOnly = !var.folder.writes }
      ]
      portMappings   = var.port == null ? [] : [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]
      systemControls = []
      volumesFrom    = []
      stopTimeout    = 120
      linuxParameters = {
        initProcessEnabled = true # reaps what steps leave behind
      }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.region
          awslogs-stream-prefix = var.role
        }
      }
    },
    var.needs_instance ? { entryPoint = local.entry_point } : {},
    var.command == null ? {} : { command = var.command },
    var.health_command == null ? {} : {
      healthCheck = { command = concat(["CMD"], var.health_command), interval = 60, timeout = 30, retries = 3, startPeriod = 120 }
    },
  )
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/energy/${var.name}/${var.role}"
  retention_in_days = var.log_retention_days
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    condition { # a task of another account cannot borrow it
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

# What ECS itself needs to start the container.
data "aws_iam_policy_document" "start" {
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"] # AWS knows no narrower resource for it
  }

  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository_arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []

    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.secret_arns
    }
  }
}

resource "aws_iam_role" "start" {
  name               = "${local.family}-start"
  description        = "ECS starts ${local.family} with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}

# What the program itself may do.
data "aws_iam_policy_document" "folder" {
  count = var.folder == null ? 0 : 1

  statement {
    sid       = "Mount"
    actions   = concat(["elasticfilesystem:ClientMount"], var.folder.writes ? ["elasticfilesystem:ClientWrite"] : [])
    resources = [var.folder.arn]

    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [var.folder.access_point_arn]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = local.family
  description        = "The program of ${local.family} acts with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "folder" {
  count = var.folder == null ? 0 : 1

  name   = "folder"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.folder[0].json
}

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.family
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.this.arn
  container_definitions    = jsonencode([local.container])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }

  dynamic "volume" {
    for_each = var.folder[*]

    content {
      name = "data"

      efs_volume_configuration {
        file_system_id     = volume.value.id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = volume.value.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }
}

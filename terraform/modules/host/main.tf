data "aws_ami" "this" {
  most_recent = true
  owners      = [var.image_owner]

  filter {
    name   = "name"
    values = [var.image_name]
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# The least that the SSM agent needs for sessions; the managed policy would also let the host read every parameter of the account.
data "aws_iam_policy_document" "sessions" {
  statement {
    sid = "Sessions"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # AWS knows no narrower resource for them
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-host"
  description        = "The host acts with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "sessions" {
  name   = "sessions"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.sessions.json
}

resource "aws_iam_role_policy" "this" {
  for_each = var.policies

  name   = each.key
  role   = aws_iam_role.this.id
  policy = each.value
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-host"
  role = aws_iam_role.this.name
}

resource "aws_instance" "this" {
  ami                     = data.aws_ami.this.id
  instance_type           = var.instance_type
  subnet_id               = var.subnet_id
  vpc_security_group_ids  = [var.security_group_id]
  iam_instance_profile    = aws_iam_instance_profile.this.name
  key_name                = var.key_name
  ebs_optimized           = true
  monitoring              = true
  disable_api_termination = var.deletion_protection

  metadata_options {
    http_tokens                 = "required" # IMDSv2
    http_put_response_hop_limit = 1          # containers on the host do not get the host's role
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = var.volume_gb
    encrypted   = true

    tags = { Name = "${var.name}-host" }
  }

  tags = { Name = "${var.name}-host" }

  lifecycle {
    ignore_changes = [ami] # a newer image would replace the host; that is decided, not noticed
  }
}

resource "aws_eip" "this" {
  domain   = "vpc"
  instance = aws_instance.this.id

  tags = { Name = "${var.name}-host" }
}

locals {
  # A part that this shape has not is null, and its alarms are left out.
  database      = one(module.database[*].identifier)
  cluster       = one(module.cluster[*].name)
  load_balancer = one(module.load_balancer[*].arn_suffix)
  target_groups = one(module.load_balancer[*].target_group_arn_suffixes)
  host          = one(module.host[*].instance_id)

  fargate_alarms = merge(
    {
      answers-5xx = {
        description = "The API or the app answers with errors; see /energy/${var.name}/api and /energy/${var.name}/ui."
        namespace   = "AWS/ApplicationELB"
        metric      = "HTTPCode_Target_5XX_Count"
        dimensions  = { LoadBalancer = local.load_balancer }
        statistic   = "Sum"
        threshold   = 10
      }
      database-storage = {
        description = "The database has less than 2 GB left."
        namespace   = "AWS/RDS"
        metric      = "FreeStorageSpace"
        dimensions  = { DBInstanceIdentifier = local.database }
        comparison  = "LessThanThreshold"
        threshold   = 2000000000
      }
      database-cpu = {
        description = "The database has been busy for a quarter of an hour."
        namespace   = "AWS/RDS"
        metric      = "CPUUtilization"
        dimensions  = { DBInstanceIdentifier = local.database }
        periods     = 3
        threshold   = 85
      }
    },
    {
      for role in ["daemon", "code"] : "${role}-gone" => {
        description = "No task of ${role} runs: nothing is forecast."
        namespace   = "ECS/ContainerInsights"
        metric      = "RunningTaskCount"
        dimensions  = { ClusterName = local.cluster, ServiceName = role }
        comparison  = "LessThanThreshold"
        threshold   = 1
        missing     = "breaching"
      }
    },
    {
      for role in ["api", "ui"] : "${role}-unhealthy" => {
        description = "No task of ${role} answers the load balancer."
        namespace   = "AWS/ApplicationELB"
        metric      = "HealthyHostCount"
        dimensions  = { LoadBalancer = local.load_balancer, TargetGroup = try(local.target_groups[role], null) }
        statistic   = "Minimum"
        comparison  = "LessThanThreshold"
        threshold   = 1
        missing     = "breaching"
      }
    },
  )

  host_alarms = {
    host-failed = {
      description = "The host or the machine below it fails its status checks."
      namespace   = "AWS/EC2"
      metric      = "StatusCheckFailed"
      dimensions  = { InstanceId = local.host }
      statistic   = "Maximum"
      threshold   = 0
      missing     = "breaching"
    }
    host-cpu = {
      description = "The host has been busy for an hour: a training takes minutes."
      namespace   = "AWS/EC2"
      metric      = "CPUUtilization"
      dimensions  = { InstanceId = local.host }
      periods     = 12
      threshold   = 90
    }
  }

  alarms = merge(
    { for name, alarm in local.fargate_alarms : name => alarm if local.fargate },
    { for name, alarm in local.host_alarms : name => alarm if !local.fargate },
  )
}

# Only the entries. Values are put in by `aws secretsmanager put-secret-value`, so neither plan nor state holds one.
resource "aws_secretsmanager_secret" "this" {
  for_each = var.entries

  name                    = "${var.name}/${each.key}"
  description             = each.value
  recovery_window_in_days = var.recovery_days
}

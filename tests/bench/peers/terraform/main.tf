# fifoq's pipeline for Terraform.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_region_validation      = true
  skip_metadata_api_check     = true
  skip_credentials_validation = true
}

variable "code" {}
variable "token" { sensitive = true }
variable "memory" { default = 256 }

locals {
  name   = "orders"
  halves = toset(["ingest", "drain"])
  rules  = toset(["1", "2"])
}

data "aws_dynamodb_table" "orders" {
  name = "orders-table"
}

resource "aws_iam_role" "half" {
  for_each = local.halves
  name     = "${local.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "half" {
  for_each = local.halves
  name     = local.name
  role     = aws_iam_role.half[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sqs:*", "dynamodb:*", "ssm:GetParameters", "logs:*"], Resource = "*" }]
  })
}

resource "aws_cloudwatch_log_group" "half" {
  for_each          = local.halves
  name              = "/aws/lambda/${local.name}-${each.key}"
  retention_in_days = 30
}

resource "aws_sqs_queue" "queue" {
  for_each                   = toset(["orders.fifo", "orders-dead.fifo", "orders-turn.fifo"])
  name                       = each.key
  fifo_queue                 = true
  visibility_timeout_seconds = 360
}

resource "aws_ssm_parameter" "token" {
  name  = "/${local.name}/crm-token"
  type  = "SecureString"
  value = var.token
}

resource "aws_lambda_function" "half" {
  for_each         = local.halves
  function_name    = "${local.name}-${each.key}"
  role             = aws_iam_role.half[each.key].arn
  handler          = each.key
  runtime          = "provided.al2023"
  filename         = var.code
  source_code_hash = filebase64sha256(var.code)
  memory_size      = var.memory
  timeout          = 60
  depends_on       = [aws_cloudwatch_log_group.half, aws_iam_role_policy.half]
}

resource "aws_lambda_event_source_mapping" "ingest" {
  event_source_arn        = data.aws_dynamodb_table.orders.stream_arn
  function_name           = aws_lambda_function.half["ingest"].arn
  starting_position       = "TRIM_HORIZON"
  batch_size              = 50
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each            = local.rules
  name                = "${local.name}-${each.key}"
  schedule_expression = "rate(${each.key + 1} minutes)"
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = local.rules
  rule     = aws_cloudwatch_event_rule.schedule[each.key].name
  arn      = aws_lambda_function.half["drain"].arn
  input    = "{}"
}

resource "aws_lambda_permission" "schedule" {
  for_each      = local.rules
  statement_id  = "rule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.half["drain"].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.schedule[each.key].arn
}

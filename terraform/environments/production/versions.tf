terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # The bucket comes from `-backend-config`; a lock is an object beside the state (Terraform 1.10 and later).
  backend "s3" {
    key          = "production/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project     = "energy-dagster"
      Environment = "production"
      ManagedBy   = "terraform"
    }
  }
}

"""The deployed dashboard as a page on this machine: what the CloudWatch console is on AWS."""

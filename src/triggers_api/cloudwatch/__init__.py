"""The edge to CloudWatch: what was measured, and which alarms ring."""

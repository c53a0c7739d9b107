"""Leases: workers share an inbox without doing work twice."""

"""The AWS services that are no store: clients, the task queue, the secret box, metrics, alarms."""

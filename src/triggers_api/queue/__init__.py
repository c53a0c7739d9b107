"""SQS and EventBridge Scheduler: how tasks reach the workers, now or later."""

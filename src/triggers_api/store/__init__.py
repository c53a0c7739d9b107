"""DynamoDB: the only place that knows tables, keys and items."""

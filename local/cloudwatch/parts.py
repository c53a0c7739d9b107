"""Which parts of a stack are watched, by the names that the emulator gave them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Names and URLs."""

    stack_name: str
    functions: Mapping[str, str]  # by the log group they write to
    api_log_group: str
    queue_urls: tuple[str, ...]
    api_id: str
    stream_functions: frozenset[str]
    monitor_function: str | None
    dashboard: str | None

    @classmethod
    def of(cls, cloudformation: Any, functions: Any, stack_name: str) -> Self:
        """Ask the stack; `cloudformation` and `functions` are clients, the latter of Lambda."""
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        resources = [each for page in pages for each in page["StackResourceSummaries"]]
        ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}

        def of_type(name: str) -> list[str]:
            return [
                ids[each["LogicalResourceId"]] for each in resources if each["ResourceType"] == name
            ]

        told = [
            functions.get_function_configuration(FunctionName=name)
            for name in of_type("AWS::Lambda::Function")
        ]
        return cls(
            stack_name=stack_name,
            functions={each["LoggingConfig"]["LogGroup"]: each["FunctionName"] for each in told},
            api_log_group=ids["ApiLogGroup"],
            queue_urls=tuple(of_type("AWS::SQS::Queue")),
            api_id=ids["Api"],
            stream_functions=frozenset({ids["DispatcherFunction"], ids["CounterFunction"]}),
            monitor_function=ids.get("MonitorFunction"),
            dashboard=next(iter(of_type("AWS::CloudWatch::Dashboard")), None),
        )

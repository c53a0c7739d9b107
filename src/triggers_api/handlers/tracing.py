"""X-Ray, behind one module: its SDK is in maintenance mode, and OpenTelemetry may follow.

Imported only where tracing is on: what is not used need not be loaded.

Lambda has a segment of its own for each invocation, in which the SDK makes subsegments. That is
right for a request. A batch of events or of tasks is none of it: each event has a trace already,
which began with its request. So there we make the segments, with the SDK's plain context, one
for each thread, and send them to the same daemon.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, Final

# Threads that acknowledge in parallel have no segment of their own, which is not an error.
os.environ.setdefault("AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR")

from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.context import Context
from aws_xray_sdk.core.emitters.udp_emitter import PROTOCOL_DELIMITER, PROTOCOL_HEADER, UDPEmitter
from aws_xray_sdk.core.models.entity import Entity
from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.ext.boto_utils import aws_meta_processor

from triggers_api.aws.dynamodb_wire import DynamoDBWire
from triggers_api.handlers.traces import Handler, Note
from triggers_api.trace_header import TraceHeader

_TRACE_ID: Final = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_NOT_FOR_NAMES: Final = re.compile(r"[^A-Za-z0-9_.:-]")  # X-Ray takes more, but hosts have no more
_LONGEST_NAME: Final = 200
# In a segment; more are sent on their own, so that no segment comes near its limit of 64 KB.
_SUBSEGMENTS: Final = 30
_OF_THE_SEGMENT: Final = ("trace_id", "parent_id", "type", "in_progress")
_OF_A_CALL: Final = ("operation", "table_name")  # if it succeeded; else also its request id
_REFUSED_WRITE: Final = "ConditionalCheckFailedException"  # how a store says no; not a fault


class _Emitter(UDPEmitter):  # type: ignore[misc]  # the SDK has no types
    """Sends what happened and how long it took, but no texts, which may hold anything."""

    def send_entity(self, entity: Entity) -> None:
        """Send a datagram to this machine's daemon; if none listens, it is lost."""
        try:
            document = json.dumps(_compact(entity.to_dict()), default=str)
            self._send_data(f"{PROTOCOL_HEADER}{PROTOCOL_DELIMITER}{document}")
        except Exception:  # noqa: BLE001, S110  # whatever it is, the traced work is done
            pass


xray_recorder.configure(emitter=_Emitter())
# It warns about every call that belongs to no recorded event, which most do not.
logging.getLogger("aws_xray_sdk").setLevel(logging.ERROR)


class XRay:
    """See `Traces`."""

    def __init__(self, name: str, *, begins_traces: bool) -> None:
        """Segments made here get this name."""
        self._name = name
        # Only botocore: patching all it knows would load libraries that nobody uses here.
        patch(["botocore"])
        _patch_dynamodb()
        if not begins_traces:  # on Lambda, the SDK refuses segments of ours by itself
            xray_recorder.configure(context=Context(), streaming_threshold=_SUBSEGMENTS)

    def request(self, handler: Handler) -> Handler:
        """See `Traces`: a subsegment of Lambda's segment, with one for each call of AWS in it."""
        tracer = Tracer(auto_patch=False)

        # Answers hold payloads, which do not belong in traces.
        @tracer.capture_lambda_handler(capture_response=False)
        def api(event: dict[str, Any], context: Any) -> dict[str, Any]:
            return handler(event, context)

        traced: Handler = api
        return traced

    @contextmanager
    def batch(self) -> Iterator["XRayBatch"]:
        """See `Traces`."""
        batch = XRayBatch(self._name)
        try:
            yield batch
        finally:
            batch.send()

    def header(self) -> str | None:
        """See `CurrentTrace`."""
        entity = xray_recorder.get_trace_entity()
        return _header_of(entity) if entity is not None and entity.sampled else None

    def trace_id(self) -> str | None:
        """See `Traces`. Lambda tells it for unrecorded requests too."""
        match = _TRACE_ID.search(os.environ.get("_X_AMZN_TRACE_ID", ""))
        return match and match[0]

    @contextmanager
    def sending(self, method: str, host: str) -> Iterator[Callable[[int], None]]:
        """See `Traces`. Records only the URL's host: paths and queries hold secrets."""
        name = _NOT_FOR_NAMES.sub("_", host)[:_LONGEST_NAME] or "unknown"
        with xray_recorder.in_subsegment(name, namespace="remote") as subsegment:
            if subsegment is None:  # nothing is recorded
                yield lambda _status: None
                return
            subsegment.put_http_meta("method", method)
            yield lambda status: subsegment.put_http_meta("status", status)


class XRayPart:
    """See `Part`."""

    def __init__(self, segment: Segment | None) -> None:
        """Without a segment, nothing is recorded."""
        self._segment = segment
        self.header = None if segment is None else _header_of(segment)

    def note(self, **notes: Note) -> None:
        """See `Part`."""
        if self._segment is not None:
            for name, value in notes.items():
                if value is not None:
                    self._segment.put_annotation(name, value)


class XRayBatch:
    """See `Batch`."""

    def __init__(self, name: str) -> None:
        """Segments get this name."""
        self._name = name
        self._segments: list[Segment] = []

    @contextmanager
    def event(self, header: str | None, /, **notes: Note) -> Iterator[XRayPart]:
        """See `Batch`. The segment stays open until the batch is sent."""
        segment = self._begin(TraceHeader.read(header))
        part = XRayPart(segment)
        part.note(**notes)
        try:
            yield part
        except BaseException:
            if segment is not None:
                segment.add_fault_flag()
            raise
        finally:
            xray_recorder.clear_trace_entities()

    @contextmanager
    def shared(self, service: str, operation: str, headers: Iterable[str | None]) -> Iterator[None]:
        """See `Batch`. Each of these segments gets a subsegment for it, with the same times."""
        concerned = {each for each in headers if each is not None}
        begun = time.time()
        try:
            yield
        finally:
            segments = [each for each in self._segments if _header_of(each) in concerned]
            for segment in segments:
                subsegment = Subsegment(service, "aws", segment)
                subsegment.start_time = begun
                subsegment.set_aws({"operation": operation})
                subsegment.put_annotation("shared_by_events", len(segments))
                segment.add_subsegment(subsegment)
                subsegment.close()

    def send(self) -> None:
        """Close all segments and release them."""
        for segment in self._segments:
            segment.close()
            xray_recorder.emitter.send_entity(segment)
        self._segments.clear()

    def _begin(self, header: TraceHeader | None) -> Segment | None:
        if header is None:
            return None
        segment = xray_recorder.begin_segment(
            self._name, traceid=header.trace_id, parent_id=header.parent_id, sampling=1
        )
        if not isinstance(segment, Segment) or not segment.sampled:
            return None  # the SDK is switched off
        self._segments.append(segment)
        return segment


def _patch_dynamodb() -> None:
    """Do with our client's calls what the SDK does with botocore's, once."""
    call = DynamoDBWire.call
    if hasattr(call, "__wrapped__"):
        return

    @wraps(call)
    def traced(client: DynamoDBWire, *asked: Any) -> Any:
        return xray_recorder.record_subsegment(
            partial(call, client),
            client,
            asked,
            {},
            name="dynamodb",
            namespace="aws",
            meta_processor=aws_meta_processor,
        )

    DynamoDBWire.call = traced  # type: ignore[assignment, method-assign]  # as the SDK does


def _header_of(entity: Entity) -> str:
    return str(TraceHeader(entity.trace_id, entity.id))


def _compact(document: dict[str, Any]) -> dict[str, Any]:
    """Without texts, and without what a subsegment has of the segment that it stands in.

    Of exceptions only their types: messages and stacks may quote what was sent or stored. And
    X-Ray takes the fewer bytes of a trace the longer it goes on, and retries go on for a day.
    """
    cause = document.get("cause")
    if isinstance(cause, dict):
        exceptions = [
            {name: each[name] for name in ("id", "type", "remote") if name in each}
            for each in cause["exceptions"]
        ]
        document["cause"] = {"exceptions": exceptions}
        if {each["type"] for each in exceptions} == {_REFUSED_WRITE}:
            del document["cause"]
            document.pop("fault", None)
    for inner in document.get("subsegments", ()):
        _compact(inner)
        for name in _OF_THE_SEGMENT:
            inner.pop(name, None)
        if "aws" in inner and "fault" not in inner:
            inner["aws"] = {k: v for k, v in inner["aws"].items() if k in _OF_A_CALL}
    return document

"""What makes moto quick changes none of its answers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from moto.core.serialize import JSONSerializer
from moto.core.utils import get_service_model
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoResult

from tests import quick_moto

_names = st.text(min_size=1, max_size=3)
_scalars = st.one_of(
    st.integers().map(lambda number: {"N": str(number)}),
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.binary(max_size=5).map(lambda data: {"B": data}),
    st.lists(st.binary(max_size=3), max_size=3).map(lambda each: {"BS": each}),
    st.lists(st.text(max_size=3), max_size=3).map(lambda each: {"SS": each}),
    st.lists(st.integers().map(str), max_size=3).map(lambda each: {"NS": each}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
)
_values = st.recursive(
    _scalars,
    lambda each: st.one_of(
        st.lists(each, max_size=3).map(lambda values: {"L": values}),
        st.dictionaries(_names, each, max_size=3).map(lambda values: {"M": values}),
    ),
    max_leaves=6,
)
OPERATION = get_service_model("dynamodb").operation_model("Query")


class SlowSerializer(JSONSerializer):
    """As moto is by itself."""

    _serialize_type_structure = quick_moto.slowly


@given(st.dictionaries(_names, _values, max_size=4))
def test_an_item_is_answered_as_moto_answers_it(item: dict[str, Any]) -> None:
    stored = {name: DynamoType(value) for name, value in item.items()}
    result = DynamoResult({"Items": [stored], "Count": 1, "LastEvaluatedKey": stored}).result
    quickly, slowly = (
        each(OPERATION).serialize(result) for each in (JSONSerializer, SlowSerializer)
    )
    assert quickly == slowly

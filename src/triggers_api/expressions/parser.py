"""Read an expression's text, by CEL's grammar."""

from itertools import count
from typing import Any, Final

from triggers_api.expressions import nodes, patterns
from triggers_api.expressions.failures import WrongExpressionError
from triggers_api.expressions.functions import FUNCTIONS, MACROS, METHODS, Function
from triggers_api.expressions.macros import macro
from triggers_api.expressions.nodes import Node, truth
from triggers_api.expressions.operators import PRODUCTS, RELATIONS, SUMS, negative
from triggers_api.expressions.tokens import Sort, Token, tokens_of
from triggers_api.expressions.values import LARGEST_INT, Kind

MOST_PARTS: Final = 1000
DEEPEST: Final = 24  # brackets in brackets; each takes a dozen frames of Python's stack
_DEEPEST_CHAIN: Final = 100  # of members, indexes and calls
_MACROS_IN_MACROS: Final = 3
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
_KINDS: Final = {str(each): each for each in Kind}
EVENT: Final = "event"
# How close operators bind; what is no operator, not at all.
_ANY, _ALL, _RELATION, _SUM, _PRODUCT = 1, 2, 3, 4, 5
_LEVELS: Final = (
    {"||": _ANY, "&&": _ALL}
    | dict.fromkeys(RELATIONS, _RELATION)
    | dict.fromkeys(SUMS, _SUM)
    | dict.fromkeys(PRODUCTS, _PRODUCT)
)
_UNARY: Final = frozenset("!-")
_VALUE, _NAME, _END = Sort.VALUE, Sort.NAME, Sort.END


class Parser:
    """Reads one text."""

    def __init__(self, text: str, members: frozenset[str]) -> None:
        """`members` are those of the event, each of them a name."""
        self._tokens = tokens_of(text)
        self._members = members
        self._at = 0
        self._token = self._tokens[0]
        self._nesting = 0
        self._scopes: list[tuple[str, int]] = []
        self._slots = count()
        self.slots = 0
        self.used: frozenset[str] = frozenset()  # the members of the event that it looks at
        self.words = len(self._tokens) - 1  # so long takes its reading
        self.patterns = 0

    def parse(self) -> Node:
        """The whole of it. Raises `WrongExpressionError`."""
        whole = self._expression()
        if self._token.sort is not _END:
            raise self._unexpected()
        return whole

    def _advance(self) -> None:
        self._at += 1
        self._token = self._tokens[self._at]

    def _accept(self, *signs: str) -> str | None:
        text = self._token.text  # a value's is never a sign: numbers have digits, texts quotes
        if text in signs:
            self._advance()
            return text
        return None

    def _expect(self, sign: str) -> None:
        if self._accept(sign) is None:
            raise self._unexpected(f"; '{sign}' is expected")

    def _unexpected(self, hint: str = "") -> WrongExpressionError:
        token = self._token
        what = token.text if token.sort is _END else f"'{token.text[:32]}'"
        return WrongExpressionError(f"{what} is not expected here{hint}", token.at)

    def _bounded(self, node: Node) -> Node:
        if node.depth > _DEEPEST_CHAIN or node.size > MOST_PARTS:
            reason = f"it has more than {MOST_PARTS:,} parts, or is nested too deeply"
            raise WrongExpressionError(reason, node.at)
        return node

    def _expression(self) -> Node:
        self._nesting += 1
        if self._nesting > DEEPEST:
            reason = f"brackets are nested more than {DEEPEST} deep"
            raise WrongExpressionError(reason, self._token.at)
        node = self._operation(_ANY)
        if self._token.text == "?":
            node = self._choice(node)
        self._nesting -= 1
        return self._bounded(node)

    def _choice(self, condition: Node) -> Node:
        """`a ? b : c ? d : e`."""
        branches, node = [], condition
        while self._accept("?"):
            value = self._operation(_ANY)
            self._expect(":")
            branches.append((node, value))
            node = self._operation(_ANY)
        return nodes.choice(branches, node)

    def _operation(self, level: int) -> Node:
        """What operators of this level join, and of those that bind closer."""
        node = self._unary()
        while (found := _LEVELS.get(self._token.text, 0)) >= level:
            node = self._joined(node, found)
        return node

    def _joined(self, first: Node, level: int) -> Node:
        """All that operators of one level join, in a row: its length costs no depth."""
        rest: list[tuple[str, Node]] = []
        while _LEVELS.get(sign := self._token.text, 0) == level:
            self._advance()
            rest.append((sign, self._operation(level + 1)))
        if level <= _ALL:
            parts = [first, *(node for _, node in rest)]
            return nodes.any_of(parts, decides=level == _ANY)
        if level == _RELATION:
            node = first
            for sign, each in rest:
                node = self._bounded(nodes.chain(node, [(RELATIONS[sign], each)], Kind.BOOL))
            return node
        return _arithmetic(first, rest, level)

    def _unary(self) -> Node:
        begin = self._token
        if begin.text not in _UNARY:
            return self._postfix()
        times = 0
        while self._accept(begin.text):
            times += 1
        if begin.text == "!":
            node = self._postfix()
            return nodes.unary(
                node, lambda value: truth(value) is (times % 2 == 0), Kind.BOOL, begin.at
            )
        if type(self._token.value) is int:
            return self._negative_int(times, begin.at)
        node = self._postfix()
        if times % 2 == 0:
            return nodes.unary(node, lambda value: negative(negative(value)), node.kind, begin.at)
        return nodes.unary(node, negative, node.kind, begin.at)

    def _negative_int(self, times: int, at: int) -> Node:
        """A number with its sign, for the smallest one has no positive counterpart."""
        number = -self._token.value if times % 2 else self._token.value
        if not -LARGEST_INT - 1 <= number <= LARGEST_INT:
            raise WrongExpressionError("this number has more than 64 bits", at)
        self._advance()
        return self._postfixes(nodes.constant(number, at))

    def _postfix(self) -> Node:
        return self._postfixes(self._primary())

    def _postfixes(self, node: Node) -> Node:
        while sign := self._accept(".", "["):
            at = self._token.at
            if sign == "[":
                index = self._expression()
                self._expect("]")
                node = nodes.element(node, index, at)
            else:
                node = self._member(node, self._name(), at)
            self._bounded(node)
        return node

    def _name(self) -> str:
        token = self._token
        if token.sort is not _NAME:
            raise self._unexpected("; a name is expected")
        self._advance()
        return token.text

    def _member(self, node: Node, name: str, at: int) -> Node:
        if not self._accept("("):
            return nodes.member(node, name, at)
        if name in MACROS:
            return self._macro(node, name, at)
        if name == "matches":
            return self._matches(node, at)
        return self._call(METHODS, name, [node, *self._arguments()], at, given=1)

    def _call(
        self, known: dict[str, Function], name: str, arguments: list[Node], at: int, given: int = 0
    ) -> Node:
        if name not in known:
            raise WrongExpressionError(f"there is no function '{name[:64]}' to call so", at)
        function, number = known[name], len(arguments) - given
        if not function.least <= number <= function.most:
            wanted = sorted({function.least, function.most})
            times = " or ".join(map(str, wanted))
            raise WrongExpressionError(f"{name}() takes {times} arguments, not {number}", at)
        return nodes.call(function, arguments, at)

    def _arguments(self, end: str = ")") -> list[Node]:
        """What stands up to the end; a comma may stand before the end of a list."""
        found: list[Node] = []
        while not self._accept(end):
            found.append(self._expression())
            if not self._accept(","):
                self._expect(end)
                break
            if end == ")" and self._token.text == end:
                raise self._unexpected()
        return found

    def _matches(self, target: Node | None, at: int) -> Node:
        arguments = ([] if target is None else [target]) + self._arguments()
        if len(arguments) != 2:  # noqa: PLR2004  # a text and a pattern
            raise WrongExpressionError("matches() takes a text and a pattern", at)
        text, pattern = arguments
        if not isinstance(pattern.constant, str):
            raise WrongExpressionError(
                "the pattern of matches() stands there in quotes", pattern.at
            )
        self.patterns += 1
        if self.patterns > patterns.MOST_OF_AN_EXPRESSION:
            reason = f"it has more than {patterns.MOST_OF_AN_EXPRESSION} patterns"
            raise WrongExpressionError(reason, pattern.at)
        try:
            is_found, words = patterns.matcher(pattern.constant)
        except ValueError as error:
            raise WrongExpressionError(str(error), pattern.at) from None
        self.words += words
        return nodes.pattern(text, is_found, at)

    def _macro(self, target: Node, name: str, at: int) -> Node:
        variable, slot = self._token, next(self._slots)
        if len(self._scopes) >= _MACROS_IN_MACROS:
            reason = f"macros are nested more than {_MACROS_IN_MACROS} deep"
            raise WrongExpressionError(reason, at)
        word = self._name()
        if word in _WORDS or word in _RESERVED:
            raise WrongExpressionError(f"'{word}' cannot be a variable's name", variable.at)
        self._expect(",")
        self.slots += 1
        self._scopes.append((word, slot))
        bodies = self._arguments()
        self._scopes.pop()
        if len(bodies) not in ((1, 2) if name == "map" else (1,)):
            raise WrongExpressionError(f"{name}() takes a variable and what to do with it", at)
        return macro(name, target, slot, bodies, at)

    def _primary(self) -> Node:
        token = self._token
        if token.sort is _VALUE:
            return self._constant(token)
        if token.sort is _NAME:
            self._advance()
            return self._called(token)
        if self._accept("("):
            inner = self._expression()
            self._expect(")")
            return inner
        if self._accept("["):
            return nodes.list_of(self._arguments("]"), token.at)
        if self._accept("{"):
            return self._map(token.at)
        raise self._unexpected()

    def _constant(self, token: Token) -> Node:
        if type(token.value) is int and token.value > LARGEST_INT:
            raise WrongExpressionError("this number has more than 64 bits", token.at)
        self._advance()
        following = self._token
        if following.at == token.at + len(token.text) and following.sort is _NAME:
            raise self._unexpected("; numbers have no letters at their end")
        return nodes.constant(token.value, token.at)

    def _map(self, at: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self._accept("}"):
            key = self._expression()
            self._expect(":")
            entries.append((key, self._expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return nodes.map_of(entries, at)

    def _called(self, token: Token) -> Node:
        """A constant, a variable, a function, or a member of the event."""
        name = token.text
        if name in _WORDS:
            return nodes.constant(_WORDS[name], token.at)
        if self._accept("("):
            if name == "has":
                return self._has(token.at)
            if name == "matches":
                return self._matches(None, token.at)
            return self._call(FUNCTIONS, name, self._arguments(), token.at)
        for known, slot in reversed(self._scopes):
            if known == name:
                return nodes.variable(slot, token.at)
        return self._of_event(token)

    def _of_event(self, token: Token) -> Node:
        name = token.text
        if name == EVENT:
            return self._event(token)
        if name in self._members:
            self.used |= {name}
            return nodes.name(name, token.at)
        if name in _KINDS:
            return nodes.constant(_KINDS[name], token.at)
        if name in _RESERVED:
            raise WrongExpressionError(f"'{name}' is a word of the language", token.at)
        known = ", ".join(sorted(self._members))
        reason = f"there is no '{name[:64]}'; an event has {known}"
        raise WrongExpressionError(reason, token.at)

    def _event(self, token: Token) -> Node:
        """The whole event, unless one of its members is asked for."""
        dot, member, after = (*self._tokens[self._at :], token, token, token)[:3]
        if dot.text == "." and member.text in self._members and after.text != "(":
            self.used |= {member.text}
        else:
            self.used = self._members
        return nodes.name(EVENT, token.at)

    def _has(self, at: int) -> Node:
        arguments = self._arguments()
        asked = arguments[0].member if len(arguments) == 1 else None
        if asked is None:
            raise WrongExpressionError("has() takes a member, as in has(payload.total)", at)
        return nodes.has(*asked, at)


def _arithmetic(first: Node, rest: list[tuple[str, Node]], level: int) -> Node:
    """`a + b - c`, `a * b / c`, whose values are of one kind if all of theirs are."""
    if level == _SUM:
        kinds = {first.kind, *(node.kind for _, node in rest)}
        kind = first.kind if len(kinds) == 1 else None
        return nodes.chain(first, [(SUMS[sign], node) for sign, node in rest], kind)
    kind = Kind.INT if first.kind is Kind.INT else None
    return nodes.chain(first, [(PRODUCTS[sign], node) for sign, node in rest], kind)

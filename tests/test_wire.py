"""Values on the wire: they come back as they were sent, and what a hostile worker sends is refused."""

import collections
import enum
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from grader import frames, wire
from grader.messages import Reply, Value

SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def refuse(thing):
    raise AssertionError(f"{thing} is neither kept nor found")


def sent(value, keep=refuse):
    """The frame's body that carries a value."""
    return bytes(frames.encode(Value(1, wire.to_tree(value, keep))))[frames.HEADER_BYTES :]


def arrived(body, resolve=refuse):
    """The value that a frame's body carries."""
    return wire.from_tree(frames.decode(body, Reply).value, resolve)


def there(value):
    """A value after its journey."""
    return arrived(sent(value))


def same(a, b):
    """Whether two values are the same in type, dtype, shape and every bit that matters."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        return bool(np.all(a == b)) if a.dtype.char == "g" else a.tobytes() == b.tobytes()  # its bytes have gaps
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(list(a), list(b)) and same(list(a.values()), list(b.values()))
    return repr(a) == repr(b)  # tells 0.0 from -0.0, and NaN is NaN


DTYPES = st.sampled_from(["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "g", "c8", "c16"]).map(
    np.dtype
)
SHAPES = st_numpy.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)


@st.composite
def arrays(draw):
    """Arrays of any bytes, so that every NaN, subnormal and negative zero occurs."""
    dtype, shape = draw(DTYPES), draw(SHAPES)
    count = math.prod(shape)
    if dtype.kind == "b":
        return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool).reshape(shape)
    if dtype.char == "g":
        return np.linspace(-1, 1, count).astype(np.longdouble).reshape(shape)
    data = draw(st.binary(min_size=count * dtype.itemsize, max_size=count * dtype.itemsize))
    return np.frombuffer(data, dtype).reshape(shape).copy()


scalars = arrays().filter(lambda array: array.size > 0).map(lambda array: array.reshape(-1)[0])
simple = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**4095), 2**4095)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
keys = st.recursive(simple, lambda inner: st.lists(inner, max_size=2).map(tuple), max_leaves=3)
values = st.recursive(
    simple | scalars | arrays(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys | scalars, inner, max_size=4)
    ),
    max_leaves=12,
)


class TestRoundTrip:
    @SETTINGS
    @given(values)
    def test_any_plain_value(self, value):
        assert same(there(value), value)

    @SETTINGS
    @given(arrays())
    def test_arrays_are_ours(self, array):
        got = there([array])[0]
        assert type(got) is np.ndarray
        assert got.flags.owndata or got.size == 0 or got.base.base is None
        assert got.flags.writeable
        assert got.flags.c_contiguous
        assert got.dtype.isnative

    @pytest.mark.parametrize(
        "array",
        [
            np.asfortranarray(np.arange(6.0).reshape(2, 3)),
            np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
            np.arange(10)[::-2],
            np.arange(9.0).reshape(3, 3)[1:, ::2],
            np.broadcast_to(np.arange(3), (2, 3)),
            np.arange(6).reshape(2, 3).astype(">i4"),
            np.array([1.5, np.nan]).astype(">f8"),
            np.array([1 + 2j]).astype(">c16"),
            np.array([True, False])[::-1],
            np.zeros((0, 3))[::-1],
            np.array(3.0, dtype=">f4"),
        ],
        ids=repr,
    )
    def test_memory_layout_does_not_matter(self, array):
        array.flags.writeable = False
        got = there(array)
        np.testing.assert_array_equal(got, array)
        assert got.shape == array.shape
        assert got.dtype == array.dtype.newbyteorder("=")

    def test_complex_of_double_width_arrives_narrower(self):
        got = there([np.array([1 + 2j], np.clongdouble), np.clongdouble(3j)])
        assert same(got, [np.array([1 + 2j]), np.complex128(3j)])

    def test_most_dimensions(self):
        assert there(np.ones((1,) * 64)).shape == (1,) * 64

    def test_dict_order_and_keys(self):
        value = {"b": 1, (1, "a", (2.5, None)): 2, 3: 3, True: 4, b"x": 5, np.int64(7): 6, np.str_("s"): 7}
        got = there(value)
        assert got == value
        assert list(got) == list(value)

    def test_subclasses_become_plain(self):
        class Name(str):
            __slots__ = ()

        class Colour(enum.StrEnum):
            RED = "red"

        point = collections.namedtuple("point", "x y")(1, 2)
        value = [np.str_("a"), Name("b"), Colour.RED, point, collections.OrderedDict(a=1), collections.Counter("aab")]
        assert same(there(value), ["a", "b", "red", (1, 2), {"a": 1}, {"a": 2, "b": 1}])
        assert same(there({Colour.RED: 1}), {"red": 1})

    def test_lone_surrogates_are_escaped(self):
        assert there(["a\ud800", {"\udcff": 1}]) == ["a\\ud800", {"\\udcff": 1}]

    def test_keys_that_escape_alike(self):
        assert there({"\ud800": 1, "\\ud800": 2}) == {"\\ud800": 2}


class TestHandles:
    @pytest.mark.parametrize(
        "value",
        [
            object(), {1, 2}, range(3), bytearray(b"a"), memoryview(b"a"), iter([1]), lambda: 1, int, 1 .__class__, ...,
            np.array([None]), np.array(["a"]), np.array(["2020"], "datetime64"), np.array([(1,)], "i4,"), np.void(b"a"),
            np.ma.masked_array([1]), np.array([1]).view(np.recarray), np.datetime64("2020"), np.bytes_(b"a"),
            np.random.default_rng(0), enum.IntEnum("E", "A")(1), type("F", (float,), {})(1.5),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_what_is_not_plain_stays(self, value):
        kept = []

        def keep(thing):
            kept.append(thing)
            return wire.HandleToken(len(kept) - 1, "a thing")

        got = arrived(sent([value, {"a": value}], keep), lambda token: token)
        assert got == [wire.HandleToken(0, "a thing"), {"a": wire.HandleToken(1, "a thing")}]
        assert kept[0] is kept[1] is value

    @pytest.mark.parametrize("key", [frozenset({1}), np.datetime64("2020"), np.bytes_(b"a"), (1, frozenset())])
    def test_dict_with_such_a_key_stays(self, key):
        got = arrived(sent({key: 1}, lambda thing: wire.HandleToken(3, type(thing).__name__)), lambda token: token)
        assert got == wire.HandleToken(3, "dict")

    def test_generator_is_resolved_where_it_arrives(self):
        assert arrived(sent([wire.Generator(7)]), lambda reference: reference) == [wire.Generator(7)]

    def test_refused_by_keep(self):
        with pytest.raises(frames.UnsendableError, match="`object` cannot travel"):
            sent([object()], lambda thing: None)


class TestUnsendable:
    def test_too_deep(self):
        value = 1
        for _ in range(wire.MAX_DEPTH):
            value = [value]
        assert there(value) == value
        with pytest.raises(frames.UnsendableError, match="nests deeper than 32 levels"):
            sent([value])

    def test_contains_itself(self):
        cyclic, circle = [], {}
        cyclic.append(cyclic)
        circle["a"] = (circle,)
        for value in (cyclic, circle):
            with pytest.raises(frames.UnsendableError, match="contains itself"):
                sent(value)

    def test_integer_too_large(self):
        with pytest.raises(frames.UnsendableError, match="more than 4096 bits"):
            sent([2**4096])

    def test_array_too_large(self):
        with pytest.raises(frames.UnsendableError, match="an array of 512 MiB"):
            sent([np.broadcast_to(np.float64(0), (1 << 26,))])

    def test_frame_too_large(self, monkeypatch):
        monkeypatch.setattr(frames, "MAX_FRAME", 1000)
        with pytest.raises(frames.UnsendableError, match="at most 0 MiB"):
            sent([np.zeros(100), np.zeros(100)])

    def test_too_many_items(self):
        assert len(there([0] * 1_000_000)) == 1_000_000
        with pytest.raises(frames.UnsendableError, match="more than 1048576 items"):
            sent([0] * 1_100_000)

    def test_too_many_keys_that_collide(self):
        modulus = (1 << 61) - 1  # of Python's hashes of numbers
        most = wire.MAX_COLLISIONS
        assert len(there(dict.fromkeys(range(20 * most)))) == 20 * most
        assert len(there({2**i: i for i in range(most)})) == most
        with pytest.raises(frames.UnsendableError, match="keys of the same hash"):
            sent(dict.fromkeys(modulus * i for i in range(most + 2)))


TOKEN = [int(wire.Tag.HANDLE), 1, "x"]
F8 = "<f8"
HOSTILE = {
    "no tag": [],
    "tag is a text": ["0", 1],
    "tag is a bool": [True, 1],
    "tag is a float": [1.0],
    "tag is unknown": [99, 1],
    "tag is negative": [-1],
    "tag is a list": [[0], 1],
    "a map": {"a": 1},
    "a map inside": [0, {"a": 1}],
    "array: parts missing": [3, F8, [1]],
    "array: too many parts": [3, F8, [1], b"12345678", 0],
    "array: shape is no list": [3, F8, 1, b"12345678"],
    "array: shape is a text": [3, F8, ["1"], b"12345678"],
    "array: shape is a bool": [3, F8, [True], b"12345678"],
    "array: shape is a float": [3, F8, [1.0], b"12345678"],
    "array: negative": [3, F8, [-1], b""],
    "array: two negatives": [3, F8, [-1, -1], b"12345678"],
    "array: huge": [3, F8, [1 << 62], b"12345678"],
    "array: huge beyond 64 bits": [3, F8, [(1 << 64) - 1] * 3, b"12345678"],
    "array: overflow to the right size": [3, F8, [1 << 32, 1 << 32, 1], b""],
    "array: huge with a zero": [3, F8, [0, 1 << 62, 1 << 62], b""],
    "array: too short": [3, F8, [2], b"12345678"],
    "array: too long": [3, F8, [1], b"123456789"],
    "array: too many dimensions": [3, F8, [1] * 65, b"12345678"],
    "array: data is a text": [3, F8, [1], "12345678"],
    "array: objects": [3, "|O", [1], b"12345678"],
    "array: objects of width": [3, "|O8", [1], b"12345678"],
    "array: void": [3, "|V8", [1], b"12345678"],
    "array: text": [3, "<U2", [1], b"12345678"],
    "array: bytes": [3, "|S8", [1], b"12345678"],
    "array: time": [3, "<M8[ns]", [1], b"12345678"],
    "array: structured": [3, "<f4,<f4", [1], b"12345678"],
    "array: dtype by name": [3, "float64", [1], b"12345678"],
    "array: dtype with more": [3, "<f8 ", [1], b"12345678"],
    "array: dtype in two lines": [3, "<f8\n", [1], b"12345678"],
    "array: no such width": [3, "<f3", [1], b"123"],
    "array: wide complex": [3, "<c32", [1], b"1" * 32],
    "scalar: too short": [4, F8, b"1234567"],
    "scalar: two": [4, F8, b"12345678" * 2],
    "scalar: objects": [4, "|O", b"12345678"],
    "scalar: empty": [4, F8, b""],
    "complex: integer": [5, 1, 2.0],
    "complex: one part": [5, 1.0],
    "integer: no hex": [6, "12"],
    "integer: no digits": [6, "0x"],
    "integer: other digits": [6, "0x٣"],
    "integer: underscores": [6, "0x1_0"],
    "integer: spaces": [6, " 0x10"],
    "integer: too long": [6, "0x" + "f" * 1025],
    "integer: a number": [6, 12],
    "dict: a key alone": [2, "a"],
    "dict: list as a key": [2, [0, 1], 1],
    "dict: array as a key": [2, [3, F8, [1], b"12345678"], 1],
    "dict: handle as a key": [2, TOKEN, 1],
    "dict: list in a tuple as a key": [2, [1, [0]], 1],
    "dict: dict as a key": [2, [2], 1],
    "handle: number is a text": [7, "1", "x"],
    "handle: no name": [7, 1],
    "generator: negative": [8, -1],
    "generator: text": [8, "1"],
}


class TestHostile:
    @pytest.mark.parametrize("tree", HOSTILE.values(), ids=HOSTILE)
    def test_tree_is_refused(self, tree):
        body = frames.encode(Value(1, [0, tree]))[frames.HEADER_BYTES :]
        with pytest.raises(frames.ProtocolError):
            arrived(body, lambda reference: reference)

    def test_depth(self):
        tree = 1
        for _ in range(wire.MAX_DEPTH + 2):
            tree = [0, tree]
        with pytest.raises(frames.ProtocolError, match="too deep"):
            wire.from_tree(tree, refuse)

    def test_deep_keys(self):
        tree = 1
        for _ in range(wire.MAX_DEPTH + 2):
            tree = [1, tree]
        with pytest.raises(frames.ProtocolError, match="too deep"):
            wire.from_tree([2, tree, 1], refuse)

    def test_bool_is_true_or_false(self):
        array = wire.from_tree([3, "|b1", [3], b"\xff\x00\x02"], refuse)
        assert array.dtype == bool
        assert array.view(np.uint8).tolist() == [1, 0, 1]
        assert array.flags.writeable

    def test_keys_that_collide(self):
        modulus = (1 << 61) - 1  # of Python's hashes of numbers
        items = [part for i in range(wire.MAX_COLLISIONS + 2) for part in ([6, hex((1 << 64) + i * modulus)], 0)]
        with pytest.raises(frames.ProtocolError, match="too many keys"):
            wire.from_tree([2, *items], refuse)

    @SETTINGS
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=5) | st.binary(max_size=9),
            lambda inner: (
                st.lists(st.integers(0, 8) | inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=2)
            ),
            max_leaves=20,
        )
    )
    def test_any_tree(self, tree):
        body = frames.encode(Value(1, tree))[frames.HEADER_BYTES :]
        try:
            value = arrived(body, lambda reference: None)
        except frames.ProtocolError:
            return
        assert is_plain(value)


def is_plain(value):
    """Whether a value is made of exactly the types that the judge may meet."""
    if type(value) in (list, tuple):
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(map(is_plain, value)) and all(map(is_plain, value.values()))
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return value.dtype.kind in "biufc"
    return value is None or type(value) in (bool, int, float, complex, str, bytes)

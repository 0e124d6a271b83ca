"""The wire between judge and worker: plain values as trees that msgpack can carry, checked on arrival.

A value is sent as a tree in which a scalar stands for itself and everything else is a list whose first item is a
`Tag`. Nothing is ever unpickled or evaluated, and an array arrives as exactly `numpy.ndarray`, owned by the reader.
`grader.frames` puts trees into messages and messages on the wire.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from grader import shared_memory
from grader.frames import MAX_FRAME, ProtocolError, UnsendableError
from grader.shared_memory import Memory, Outbox

MAX_DEPTH = 32
MAX_DIMENSIONS = 64
MAX_INT_BITS = 4096
MAX_COLLISIONS = 256

_DTYPE = re.compile(r"[<>|=](?:b1|[iu](?:1|2|4|8)|f(?:2|4|8|16)|c(?:8|16))")
_HEX = re.compile(rf"-?0x[0-9a-f]{{1,{MAX_INT_BITS // 4}}}")
_SMALLEST_INT, _LARGEST_INT = -(1 << 63), (1 << 63) - 1
_TENSOR_LIBRARIES = frozenset({"tensorflow", "keras", "jax", "jaxlib", "torch"})


class Tag(IntEnum):
    """First item of a list on the wire."""

    LIST = 0
    TUPLE = 1
    DICT = 2
    ARRAY = 3
    NUMPY_SCALAR = 4
    COMPLEX = 5
    BIG_INT = 6
    HANDLE = 7
    GENERATOR = 8
    SHARED_ARRAY = 9


@dataclass(frozen=True)
class Generator:
    """Stands for `numpy.random.default_rng(seed)`, made in the worker. Only the judge sends it."""

    seed: int


@dataclass(frozen=True)
class HandleToken:
    """Names an object that stays in the worker.

    Attributes:
        number: The worker's own number for it.
        type_name: What the worker says that it is, e.g. `keras.Sequential`.
    """

    number: int
    type_name: str = ""


Keep = Callable[[Any], HandleToken | None]
Resolve = Callable[[HandleToken | Generator], Any]


def to_tree(value: Any, keep: Keep, outbox: Outbox | None = None, depth: int = 0) -> Any:
    """Turn a value into the tree that travels.

    Args:
        value: Anything.
        keep: Called with an object that is no plain value; gives the token that travels in its place.
        outbox: Gets the bytes of large arrays, which then do not travel in the tree.
        depth: How deep `value` lies in the whole.

    Returns:
        A tree of None, bool, int, float, str, bytes, views of the memory of arrays, and lists.

    Raises:
        UnsendableError: If the value nests deeper than `MAX_DEPTH` or is too large, or `keep` refuses an object.
    """
    if depth > MAX_DEPTH:
        raise UnsendableError(f"it nests deeper than {MAX_DEPTH} levels, or contains itself")
    kind = type(value)
    if value is None or kind in (bool, float, bytes):
        return value
    if isinstance(value, str):  # numpy.str_ too
        return sendable_text(str.__str__(value))
    if kind is int:
        return value if _SMALLEST_INT <= value <= _LARGEST_INT else _big_int_to_tree(value)
    if kind is np.ndarray and value.dtype.kind in "biufc":
        return _array_to_tree(value, outbox)
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return [Tag.NUMPY_SCALAR, *_array_to_tree(np.asarray(value), None)[1::2]]
    if kind is complex:
        return [Tag.COMPLEX, value.real, value.imag]
    if kind is list:
        return [Tag.LIST, *(to_tree(item, keep, outbox, depth + 1) for item in value)]
    if isinstance(value, tuple):
        return [Tag.TUPLE, *(to_tree(item, keep, outbox, depth + 1) for item in value)]
    if isinstance(value, dict) and all(_is_key(key) for key in value):
        if _collide(value):
            raise UnsendableError(f"it is a dict with more than {MAX_COLLISIONS} keys of the same hash")
        pairs = [
            (to_tree(key, keep, outbox, depth + 1), to_tree(item, keep, outbox, depth + 1))
            for key, item in value.items()
        ]
        return [Tag.DICT, *(part for pair in pairs for part in pair)]
    if kind is Generator:
        return [Tag.GENERATOR, value.seed]
    tensor = _tensor_as_array(value)
    if tensor is not None:
        return _array_to_tree(tensor, outbox)
    token = keep(value)
    if token is None:
        raise UnsendableError(f"a value of type `{kind.__name__}` cannot travel")
    return [Tag.HANDLE, token.number, token.type_name]


def from_tree(tree: Any, resolve: Resolve, memory: Memory | None = None, depth: int = 0) -> Any:
    """Rebuild a value from its tree, trusting nothing in it.

    Args:
        tree: What `grader.frames.decode` gave for a value.
        resolve: Gives what a handle or a generator stands for.
        memory: Where large arrays are that do not travel in the tree.
        depth: How deep `tree` lies in the whole.

    Returns:
        The value; arrays are base-class and writable, and nobody else writes into them.

    Raises:
        ProtocolError: If the tree breaks any rule.
    """
    if depth > MAX_DEPTH + 1:
        raise ProtocolError("a value nests too deep")
    if not isinstance(tree, list):
        if tree is None or isinstance(tree, bool | int | float | str | bytes):
            return tree
        raise ProtocolError("a value of an unknown kind")
    if not tree or type(tree[0]) is not int:
        raise ProtocolError("a list without a tag")
    tag, items = tree[0], tree[1:]
    if tag in (Tag.LIST, Tag.TUPLE):
        values = [from_tree(item, resolve, memory, depth + 1) for item in items]
        return values if tag == Tag.LIST else tuple(values)
    if tag == Tag.DICT:
        return _dict_from_tree(items, resolve, memory, depth)
    match [tag, *items]:
        case [Tag.ARRAY, str(dtype), list(shape), bytes(data)]:
            return _array_from_tree(dtype, shape, data)
        case [Tag.SHARED_ARRAY, str(dtype), list(shape), int(offset), int(count)] if memory is not None:
            if isinstance(offset, bool) or isinstance(count, bool):
                raise ProtocolError("an array with a wrong place")
            return _array_from_tree(dtype, shape, memory.read(offset, count))
        case [Tag.NUMPY_SCALAR, str(dtype), bytes(data)]:
            return _array_from_tree(dtype, [], data)[()]
        case [Tag.COMPLEX, float(real), float(imag)]:
            return complex(real, imag)
        case [Tag.BIG_INT, str(digits)] if _HEX.fullmatch(digits):
            return int(digits, 16)
        case [Tag.HANDLE, int(number), str(type_name)]:
            return resolve(HandleToken(number, type_name))
        case [Tag.GENERATOR, int(seed)] if seed >= 0:
            return resolve(Generator(seed))
    raise ProtocolError("a list with a wrong tag or wrong parts")


def sendable_text(text: str) -> str:
    """A text that UTF-8 can carry: lone surrogates become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_key(key: Any) -> bool:
    if type(key) is tuple:
        return all(_is_key(item) for item in key)
    if isinstance(key, np.generic):
        return key.dtype.kind in "biufcU"
    return key is None or type(key) in (bool, int, float, complex, bytes) or isinstance(key, str)


def _collide(keys: Collection[Any]) -> bool:
    """Whether a dict of these keys can take minutes to build, because a submission chose keys of one and the same hash.

    The hashes of texts are salted; those of numbers are not.
    """
    return len(keys) > MAX_COLLISIONS and len(keys) - len({hash(key) for key in keys}) > MAX_COLLISIONS


def _big_int_to_tree(value: int) -> list[Any]:
    if value.bit_length() > MAX_INT_BITS:
        raise UnsendableError(f"it is an integer of more than {MAX_INT_BITS} bits")
    return [Tag.BIG_INT, hex(value)]


def _array_to_tree(array: np.ndarray[Any, Any], outbox: Outbox | None) -> list[Any]:
    if array.nbytes > MAX_FRAME:
        raise UnsendableError(f"an array of {array.nbytes >> 20} MiB; at most {MAX_FRAME >> 20} MiB can travel at once")
    if array.dtype == np.clongdouble and array.dtype.itemsize > 16:
        array = array.astype(np.complex128)  # twice the widest real dtype: not every machine has it
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(array.shape)
    data = array.reshape(-1).view(np.uint8).data if array.size else b""
    if outbox is not None and isinstance(data, memoryview) and data.nbytes >= shared_memory.FROM_BYTES:
        return [Tag.SHARED_ARRAY, array.dtype.str, list(array.shape), outbox.put(data), data.nbytes]
    return [Tag.ARRAY, array.dtype.str, list(array.shape), data]


def _array_from_tree(dtype: str, shape: list[Any], data: bytes | np.ndarray[Any, Any]) -> Any:
    if not _DTYPE.fullmatch(dtype):
        raise ProtocolError("an array of a dtype that may not travel")
    if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise ProtocolError("an array with a wrong shape")
    try:
        parsed = np.dtype(dtype)
    except TypeError:
        raise ProtocolError("an array of a dtype that this machine does not know") from None
    count = 1
    for n in shape:
        count *= n
    if count * parsed.itemsize != len(data):
        raise ProtocolError("an array whose shape does not match its data")
    try:
        if parsed.kind == "b":  # a byte that is neither 0 nor 1 would be neither False nor True
            return (np.frombuffer(data, dtype=np.uint8) != 0).reshape(shape)
        if isinstance(data, bytes):
            return np.frombuffer(data, dtype=parsed).reshape(shape).copy()
        return data.view(parsed).reshape(shape)  # it is ours already
    except (ValueError, MemoryError, OverflowError):
        raise ProtocolError("an array that cannot be built") from None


def _dict_from_tree(items: list[Any], resolve: Resolve, memory: Memory | None, depth: int) -> dict[Any, Any]:
    if len(items) % 2:
        raise ProtocolError("a dict with a key and no value")
    keys = [from_tree(key, resolve, memory, depth + 1) for key in items[::2]]
    if not all(_is_key(key) for key in keys):
        raise ProtocolError("a dict with a key that may not travel")
    if _collide(keys):
        raise ProtocolError("a dict with too many keys of the same hash")
    values = [from_tree(value, resolve, memory, depth + 1) for value in items[1::2]]
    return dict(zip(keys, values, strict=True))


def _tensor_as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """A concrete tensor of a known library as an array, or None if `value` is something else."""
    if type(value).__module__.partition(".")[0] not in _TENSOR_LIBRARIES or not hasattr(value, "__array__"):
        return None
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
        array = np.asarray(value)
    except Exception:
        return None  # symbolic, ragged or deleted: it stays in the worker as a handle
    if array.dtype.kind == "V":
        array = array.astype(np.float32)  # bfloat16 and float8 of ml_dtypes
    return array if type(array) is np.ndarray and array.dtype.kind in "biufc" else None

"""The wire between judge and worker: plain values as msgpack, checked on arrival.

A value is sent as a tree in which a scalar stands for itself and everything else is a list whose first item is a
`Tag`. Nothing is ever unpickled or evaluated, and an array arrives as exactly `numpy.ndarray`, owned by the reader.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np

MAX_FRAME = 1 << 28
MAX_DEPTH = 32
MAX_DIMENSIONS = 32
HEADER_BYTES = 4

_DTYPE = re.compile(r"[<>|=](?:b1|[iu](?:1|2|4|8)|f(?:2|4|8|16)|c(?:8|16))")
_SMALLEST_INT, _LARGEST_INT = -(1 << 63), (1 << 63) - 1
_MAX_INT_DIGITS = 4096
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


class ProtocolError(Exception):
    """What arrived does not keep the rules of the wire."""


class UnsendableError(Exception):
    """A value that cannot travel, not even as a handle (too deep, too large)."""


@dataclass(frozen=True)
class Generator:
    """Stands for `numpy.random.default_rng(seed)`, made where it arrives."""

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


def to_tree(value: Any, keep: Callable[[Any], HandleToken | None], depth: int = 0) -> Any:
    """Turn a value into the tree that travels.

    Args:
        value: Anything.
        keep: Called with an object that is no plain value; gives the token that travels in its place.
        depth: How deep `value` lies in the whole.

    Returns:
        A tree of None, bool, int, float, str, bytes and lists.

    Raises:
        UnsendableError: If the value nests deeper than `MAX_DEPTH` or `keep` refuses an object.
    """
    if depth > MAX_DEPTH:
        raise UnsendableError(f"it nests deeper than {MAX_DEPTH} levels, or contains itself")
    kind = type(value)
    if value is None or kind in (bool, float, bytes):
        return value
    if isinstance(value, str):  # numpy.str_ too
        return str.__str__(value).encode("utf-8", "backslashreplace").decode("utf-8")
    if kind is int:
        return value if _SMALLEST_INT <= value <= _LARGEST_INT else [Tag.BIG_INT, hex(value)]
    if kind is np.ndarray and value.dtype.kind in "biufc":
        return _array_to_tree(value)
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return [Tag.NUMPY_SCALAR, value.dtype.str, value.tobytes()]
    if kind is complex:
        return [Tag.COMPLEX, value.real, value.imag]
    if kind is list:
        return [Tag.LIST, *(to_tree(item, keep, depth + 1) for item in value)]
    if isinstance(value, tuple):
        return [Tag.TUPLE, *(to_tree(item, keep, depth + 1) for item in value)]
    if isinstance(value, dict) and all(_is_key(key) for key in value):
        pairs = [(to_tree(key, keep, depth + 1), to_tree(item, keep, depth + 1)) for key, item in value.items()]
        return [Tag.DICT, *(part for pair in pairs for part in pair)]
    if kind is Generator:
        return [Tag.GENERATOR, value.seed]
    tensor = _tensor_as_array(value)
    if tensor is not None:
        return _array_to_tree(tensor)
    token = keep(value)
    if token is None:
        raise UnsendableError(f"a value of type `{kind.__name__}` cannot travel")
    return [Tag.HANDLE, token.number, token.type_name]


def from_tree(tree: Any, resolve: Callable[[HandleToken], Any], depth: int = 0) -> Any:
    """Rebuild a value from its tree, trusting nothing in it.

    Args:
        tree: What `decode_message` gave for a value.
        resolve: Gives the object that a handle stands for.
        depth: How deep `tree` lies in the whole.

    Returns:
        The value; arrays are base-class, writable and own their memory.

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
        values = [from_tree(item, resolve, depth + 1) for item in items]
        return values if tag == Tag.LIST else tuple(values)
    if tag == Tag.DICT:
        return _dict_from_tree(items, resolve, depth)
    match [tag, *items]:
        case [Tag.ARRAY, str(dtype), list(shape), bytes(data)]:
            return _array_from_tree(dtype, shape, data)
        case [Tag.NUMPY_SCALAR, str(dtype), bytes(data)]:
            return _array_from_tree(dtype, [], data)[()]
        case [Tag.COMPLEX, float(real), float(imag)]:
            return complex(real, imag)
        case [Tag.BIG_INT, str(digits)] if len(digits) <= _MAX_INT_DIGITS:
            return _int_from_hex(digits)
        case [Tag.HANDLE, int(number), str(type_name)]:
            return resolve(HandleToken(number, type_name))
        case [Tag.GENERATOR, int(seed)] if seed >= 0:
            return np.random.default_rng(seed)
    raise ProtocolError("a list with a wrong tag or wrong parts")


def encode_message(message: msgspec.Struct) -> bytes:
    """Encode a message as one frame: four bytes of length (big endian), then msgpack.

    Raises:
        UnsendableError: If the frame would be larger than `MAX_FRAME`.
    """
    body = msgspec.msgpack.encode(message)
    if len(body) > MAX_FRAME:
        raise UnsendableError(f"it takes {len(body) >> 20} MiB; at most {MAX_FRAME >> 20} MiB can travel at once")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def frame_length(header: bytes) -> int:
    """Length of the body that follows a header.

    Raises:
        ProtocolError: If it is above `MAX_FRAME`.
    """
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME:
        raise ProtocolError("a frame above the size limit")
    return length


def decode_message(body: bytes, kind: Any) -> Any:
    """Decode the body of a frame as a message of the given kind.

    Raises:
        ProtocolError: If it is anything else.
    """
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, MemoryError, UnicodeError) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None


def _is_key(key: Any) -> bool:
    if type(key) is tuple:
        return all(_is_key(item) for item in key)
    return key is None or type(key) in (bool, int, float, str, bytes) or isinstance(key, np.generic)


def _array_to_tree(array: np.ndarray[Any, Any]) -> list[Any]:
    if array.nbytes > MAX_FRAME:
        raise UnsendableError(f"an array of {array.nbytes >> 20} MiB; at most {MAX_FRAME >> 20} MiB can travel at once")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return [Tag.ARRAY, array.dtype.str, list(array.shape), array.tobytes()]


def _array_from_tree(dtype: str, shape: list[Any], data: bytes) -> Any:
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
        return np.frombuffer(data, dtype=parsed).reshape(shape).copy()
    except (ValueError, MemoryError, OverflowError):
        raise ProtocolError("an array that cannot be built") from None


def _dict_from_tree(items: list[Any], resolve: Callable[[HandleToken], Any], depth: int) -> dict[Any, Any]:
    if len(items) % 2:
        raise ProtocolError("a dict with a key and no value")
    keys = [from_tree(key, resolve, depth + 1) for key in items[::2]]
    if not all(_is_key(key) for key in keys):
        raise ProtocolError("a dict with a key that may not travel")
    values = [from_tree(value, resolve, depth + 1) for value in items[1::2]]
    return dict(zip(keys, values, strict=True))


def _int_from_hex(digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        raise ProtocolError("a large integer with wrong digits") from None


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

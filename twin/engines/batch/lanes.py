"""SIMD lanes as a number type of numba: one value holds the same quantity of 16 (float64) or 32 (float32) time steps.

A batch of power flows does the same arithmetic on every step. LLVM finds that out by itself only where it can
prove that no two arrays overlap, which it cannot for the scattered rows of a sparse factor; told in its own
vector type, it emits the machine code of a hand-written C kernel (measured: within 10 % of gcc's, and 2.3
times faster than loops over lanes). Inside ``@jit`` functions ``+ - * /`` work between lanes, and between
lanes and scalars.

Every operation rounds as IEEE 754 says, and multiplications are fused with additions only where `fused` says so: left
free to choose, LLVM fuses otherwise in code that it has just compiled than in the same code from the cache, and a run
that resumes would not be the one that was killed.

Source: numba documentation, "Extending Numba"; LLVM language reference, vector types and fast-math flags.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

BYTES = 128
"""Width of one lane value: two registers where there is AVX-512, more elsewhere. Each node waits for its neighbour's result,
and two independent registers hide half of that wait."""
CACHE_LINE = 64


def lane_count(dtype: Any) -> int:
    """Time steps in one lane value."""
    return BYTES // np.dtype(dtype).itemsize


def aligned(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Zeros whose first element starts a cache line: `load` and `store` need that. The last dim holds lanes."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    raw = np.zeros(count + BYTES // dtype.itemsize, dtype)
    start = (-raw.ctypes.data % BYTES) // dtype.itemsize
    return raw[start : start + count].reshape(shape)


class Lanes(types.Type):
    """numba type of one lane value."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.count = BYTES * 8 // dtype.bitwidth
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Lanes) -> None:
        scalar = ir.FloatType() if fe_type.dtype.bitwidth == 32 else ir.DoubleType()
        super().__init__(dmm, fe_type, ir.VectorType(scalar, fe_type.count))


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, i: Any) -> Any:
    vector = context.get_value_type(Lanes(array_type.dtype))
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(builder.bitcast(data, vector.as_pointer()), [i])


@intrinsic
def load(typingctx: Any, array: Any, i: Any) -> Any:
    """The lane value number ``i`` of an `aligned`, contiguous array."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, sig.args[0], *args), align=BYTES)

    return Lanes(array.dtype)(array, types.intp), codegen


@intrinsic
def store(typingctx: Any, array: Any, i: Any, value: Any) -> Any:
    """Write the lane value number ``i`` of an `aligned`, contiguous array."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, sig.args[0], args[0], args[1]), align=BYTES)
        return context.get_dummy_value()

    return types.void(array, types.intp, Lanes(array.dtype)), codegen


@intrinsic
def splat(typingctx: Any, array: Any, value: Any) -> Any:
    """A scalar in every lane, in the element type of ``array``."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _splat(context, builder, sig.return_type, args[1])

    return Lanes(array.dtype)(array, array.dtype), codegen


def _splat(context: Any, builder: Any, lanes: Lanes, scalar: Any) -> Any:
    vector = context.get_value_type(lanes)
    index = ir.IntType(32)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(index, 0))
    everywhere = ir.Constant(ir.VectorType(index, lanes.count), [0] * lanes.count)
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), everywhere)


@intrinsic
def where_greater(typingctx: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """``then`` in the lanes where a > b, else ``otherwise``; a NaN is not greater."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return a(a, a, a, a), codegen


@intrinsic
def any_greater(typingctx: Any, a: Any, b: Any) -> Any:
    """Whether a > b in any lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        mask = builder.bitcast(builder.fcmp_ordered(">", args[0], args[1]), ir.IntType(sig.args[0].count))
        return builder.icmp_unsigned("!=", mask, ir.Constant(mask.type, 0))

    return types.boolean(a, a), codegen


@intrinsic
def fused(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """The sum a x b + c with one rounding; ``b`` may be a scalar."""
    return _fused(a, b, c, negate=False)


@intrinsic
def fused_less(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """The difference c - a x b with one rounding; ``b`` may be a scalar."""
    return _fused(a, b, c, negate=True)


def _fused(a: Any, b: Any, c: Any, *, negate: bool) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        one, two, rest = args
        if not isinstance(sig.args[1], Lanes):
            two = _splat(context, builder, sig.return_type, two)
        return _fma(builder, sig.return_type, builder.fneg(one) if negate else one, two, rest)

    return a(a, b if isinstance(b, Lanes) else a.dtype, c), codegen


def _fma(builder: Any, lanes: Any, a: Any, b: Any, c: Any) -> Any:
    kind = ir.FunctionType(a.type, [a.type] * 3)
    name = f"llvm.fma.v{lanes.count}f{lanes.dtype.bitwidth}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [a, b, c])


@intrinsic
def square_root(typingctx: Any, a: Any) -> Any:
    """Square root of every lane."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector, bits = args[0].type, sig.return_type.dtype.bitwidth
        name = f"llvm.sqrt.v{sig.return_type.count}f{bits}"
        root = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), name)
        return builder.call(root, args)

    return a(a), codegen


@intrinsic
def add_tile(
    typingctx: Any,
    target: Any,
    place: Any,
    weight: Any,
    value: Any,
    first: Any,
    last: Any,
    element: Any,
    fields: Any,
    field: Any,
) -> Any:
    """Add as many elements as there are lanes, at as many time steps, to lane values: a square turned over in registers.

    Element j = ``element``, ``element`` + 1, ... of the steps ``first``, ``first`` + 1, ... (``last`` - 1 again where there are
    no more) goes, times ``weight[j]``, to the lane value ``place[j]`` x ``fields`` + ``field`` of ``target``. ``value`` is
    C-contiguous, dims (time, element); beyond its last element 0 is added, so that ``place`` and ``weight`` must reach as far
    as a whole square.
    """
    lanes = Lanes(target.dtype)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place_array, weight_array, value_array = (
            context.make_array(kind)(context, builder, array) for kind, array in zip(sig.args[1:4], args[1:4], strict=True)
        )
        first, last, element, fields, field = args[4:]
        length = builder.extract_value(value_array.shape, 1)
        rows = []
        for lane in range(lanes.count):
            wanted = builder.add(first, ir.Constant(first.type, lane))
            final = builder.sub(last, ir.Constant(last.type, 1))
            row = builder.select(builder.icmp_signed("<", wanted, last), wanted, final)
            start = builder.gep(value_array.data, [builder.add(builder.mul(row, length), element)])
            ahead = builder.gep(start, [builder.mul(length, ir.Constant(length.type, lanes.count))])
            # the same elements of the next block: rows lie too far apart for the processor to guess
            for j in range(0, lanes.count, CACHE_LINE * 8 // value.dtype.bitwidth):
                _prefetch(builder, builder.gep(ahead, [ir.Constant(first.type, j)]))
            rows.append(_part(context, builder, lanes, value.dtype, start, builder.sub(length, element)))
        for j, column in enumerate(_turned(builder, rows)):
            here = builder.add(element, ir.Constant(element.type, j))
            factor = _splat(context, builder, lanes, builder.load(builder.gep(weight_array.data, [here])))
            at = builder.add(builder.mul(builder.load(builder.gep(place_array.data, [here])), fields), field)
            pointer = _pointer(context, builder, sig.args[0], args[0], at)
            added = _fma(builder, lanes, column, factor, builder.load(pointer, align=BYTES))
            builder.store(added, pointer, align=BYTES)
        return context.get_dummy_value()

    return types.void(target, place, weight, value, *[types.intp] * 5), codegen


def _prefetch(builder: Any, pointer: Any) -> None:
    """Ask for a cache line that will be read soon; it may lie outside of any array."""
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [pointer, ir.Constant(number, 0), ir.Constant(number, 2), ir.Constant(number, 1)])


def _part(context: Any, builder: Any, lanes: Lanes, dtype: Any, start: Any, left: Any) -> Any:
    """As many values from ``start`` on as there are lanes, in their precision; 0 behind the ``left`` ones that there are."""
    vector = context.get_value_type(lanes)
    given = ir.VectorType(context.get_data_type(dtype), lanes.count)
    number = ir.VectorType(ir.IntType(64), lanes.count)
    limit = builder.insert_element(ir.Constant(number, ir.Undefined), left, ir.Constant(ir.IntType(32), 0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
    limits = builder.shuffle_vector(limit, ir.Constant(number, ir.Undefined), everywhere)
    mask = builder.icmp_signed("<", ir.Constant(number, list(range(lanes.count))), limits)
    pointer = builder.bitcast(start, given.as_pointer())
    kinds = [pointer.type, ir.IntType(32), mask.type, given]
    name = f"llvm.masked.load.v{lanes.count}f{dtype.bitwidth}.p0"
    read = cgutils.get_or_insert_function(builder.module, ir.FunctionType(given, kinds), name)
    align = ir.Constant(ir.IntType(32), dtype.bitwidth // 8)
    loaded = builder.call(read, [pointer, align, mask, ir.Constant(given, [0.0] * lanes.count)])
    if dtype.bitwidth > lanes.dtype.bitwidth:
        return builder.fptrunc(loaded, vector)
    return builder.fpext(loaded, vector) if dtype.bitwidth < lanes.dtype.bitwidth else loaded


@intrinsic
def add_counts(typingctx: Any, histogram: Any, i: Any, place: Any, one: Any) -> Any:
    """Add 1 to bin ``place`` of row ``i`` of a histogram for each lane where ``one`` > 0; uint32, dims (element, bin)."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, builder, args[0])
        count, index = sig.args[2].count, ir.IntType(32)
        row = builder.gep(array.data, [builder.mul(args[1], builder.extract_value(array.shape, 1))])
        bins = builder.fptosi(args[2], ir.VectorType(index, count))
        zero = ir.Constant(args[3].type, [0.0] * count)
        ones = builder.zext(builder.fcmp_ordered(">", args[3], zero), ir.VectorType(index, count))
        for lane in range(count):
            place = ir.Constant(index, lane)
            pointer = builder.gep(row, [builder.extract_element(bins, place)])
            builder.store(builder.add(builder.load(pointer), builder.extract_element(ones, place)), pointer)
        return context.get_dummy_value()

    return types.void(histogram, types.intp, place, one), codegen


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Transpose a square of vectors: exchange ever larger blocks between pairs of rows."""
    count, index = len(rows), ir.IntType(32)
    width = 1
    while width < count:
        turned: list[Any] = [None] * count
        for i in range(count):
            if i & width:
                continue
            low = [j if not j & width else count + j - width for j in range(count)]
            high = [j + width if not j & width else count + j for j in range(count)]
            for into, mask in ((i, low), (i + width, high)):
                constant = ir.Constant(ir.VectorType(index, count), mask)
                turned[into] = builder.shuffle_vector(rows[i], rows[i + width], constant)
        rows, width = turned, 2 * width
    return rows


def _arithmetic(function: Any, instruction: str) -> None:
    @infer_global(function)
    class _Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            lanes = next((arg for arg in args if isinstance(arg, Lanes)), None)
            if lanes is None or len(args) != 2:
                return None
            if not all(arg == lanes or isinstance(arg, types.Float) for arg in args):
                return None
            return signature(lanes, *(arg if arg == lanes else lanes.dtype for arg in args))

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        lanes = sig.return_type
        both = (
            arg if isinstance(kind, Lanes) else _splat(context, builder, lanes, arg)
            for arg, kind in zip(args, sig.args, strict=True)
        )
        return getattr(builder, instruction)(*both)

    for kinds in ((Lanes, Lanes), (Lanes, types.Float), (types.Float, Lanes)):
        lower_builtin(function, *kinds)(lower)


for _function, _instruction in (
    (operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv"),
):  # fmt: skip
    _arithmetic(_function, _instruction)

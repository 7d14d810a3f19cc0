"""The machine code of all kernels as one object file that needs neither numba nor a linker.

numba keeps, beside the code of each kernel, a module in LLVM's own language, meant for linking into others. Here
they are linked into one and compiled again. Nothing of numba's run-time is left in it, because kernels allocate
nothing; a kernel that does is refused.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import llvmlite.binding as llvm
from numba import types

from governance.text.compiled import COMPILED
from governance.text.native import MODULES, ROOM, Library, target

_UNUSED = "define void @NRT_MemInfo_call_dtor(i8* %info) { ret void }"
"""Frees an array that compiled code owns. Ours belong to their callers, so it is never called."""


def link() -> Library:
    """The kernels of all modules of `kernels`, compiled for this machine."""
    for module in MODULES:
        import_module(f"{ROOM}.{module}")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    whole = llvm.parse_assembly(_UNUSED)
    kernels = {}
    for kernel in COMPILED:
        room, _, module = kernel.__module__.rpartition(".")
        if room == ROOM:
            symbol, part = _module(kernel)
            whole.link_in(part)
            kernels[f"{module}.{kernel.__name__}"] = (symbol, *_signature(kernel))
    _refuse_missing(whole)
    whole.verify()
    return Library(target().emit_object(whole), kernels)


def _module(kernel: Any) -> tuple[str, Any]:
    """(symbol of a kernel, its module in which only that symbol is seen from outside)."""
    (result,) = kernel.overloads.values()
    symbol = result.fndesc.llvm_func_name
    part = llvm.parse_bitcode(result.library._get_module_for_linking().as_bitcode())
    part.get_function(symbol).linkage = "external"
    return symbol, part


def _signature(kernel: Any) -> tuple[bool, list[str]]:
    """(whether it returns a value, kinds of its arguments) as `Library.kernels` has them."""
    (signature,) = kernel.nopython_signatures
    return signature.return_type != types.void, [_kind(argument) for argument in signature.args]


def _kind(argument: Any) -> str:
    if isinstance(argument, types.Array):
        dtype = "bool" if argument.dtype == types.boolean else str(argument.dtype)
        return f"{dtype} {argument.ndim}{' !' if argument.mutable else ''}"
    return {types.int64: "int", types.float64: "float"}[argument]


def _refuse_missing(module: Any) -> None:
    """Raises where something would be missing at run time, which LLVM answers by ending the process."""
    missing = [f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")]
    if missing:
        raise RuntimeError(f"kernels call {', '.join(missing)}, which is only in numba's run-time")

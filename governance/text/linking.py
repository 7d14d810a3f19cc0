"""The machine code of all kernels as one piece that needs neither numba nor a linker.

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
from governance.text.image import laid_out
from governance.text.native import MODULES, ROOM, Library

_OWN = """
define void @NRT_MemInfo_call_dtor(i8* %info) {
    ret void
}

define i8* @memset(i8* %to, i32 %value, i64 %count) {
    %byte = trunc i32 %value to i8
    %end = call {i8*, i64} asm sideeffect "rep stosb", "={di},={cx},{al},0,1,~{memory},~{dirflag},~{fpsr},~{flags}"
        (i8 %byte, i8* %to, i64 %count)
    ret i8* %to
}
"""
"""What compiled code calls. The first frees arrays it owns; ours belong to their callers, so it is never called."""


def link() -> Library:
    """The kernels of all modules of `kernels`, compiled for this machine."""
    for module in MODULES:
        import_module(f"{ROOM}.{module}")
    whole = llvm.parse_assembly(_OWN)
    found: dict[str, tuple[str, bool, list[str]]] = {}
    for kernel in COMPILED:
        room, _, module = kernel.__module__.rpartition(".")
        if room == ROOM:
            symbol, part = _module(kernel)
            whole.link_in(part)
            found[f"{module}.{kernel.__name__}"] = (symbol, *_signature(kernel))
    _close(whole, {symbol for symbol, _, _ in found.values()})
    code, places = laid_out(_target().emit_object(whole))
    return Library(
        code, {name: (places[symbol], returns, takes) for name, (symbol, returns, takes) in found.items()}
    )


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


def _close(module: Any, seen: set[str]) -> None:
    """Hides all but the kernels, so that calls go straight to their target."""
    for thing in (*module.functions, *module.global_variables):
        if not thing.is_declaration and thing.name not in seen:
            thing.linkage = "internal"
    module.get_function("memset").linkage = "external"  # what calls it appears only while code is made
    module.verify()


def _target() -> Any:
    """The machine that code is made for: this one."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    own = llvm.Target.from_default_triple()
    return own.create_target_machine(cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small")

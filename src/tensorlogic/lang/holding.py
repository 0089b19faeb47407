"""Which struct a value is of, where the text shows it."""

from __future__ import annotations

from collections.abc import Mapping

from tensorlogic.lang.checked import Call, Expression, Function, Make, Member, MethodCall, Read, Struct, Type, Variable


def struct_of(value: Expression, held: Mapping[Variable, Struct | None]) -> Struct | None:
    """The struct that a value is of, given those that variables hold; None where the text does not show it."""
    match value:
        case Make(struct=struct):
            return struct
        case Read(symbol=Variable() as variable):
            return held.get(variable)
        case Call(function=Function(result=Type(struct=struct))):
            return struct
        case Member(object=owner, name=name):
            return field_struct(struct_of(owner, held), name)
        case MethodCall(object=owner, name=name, function=function):
            struct = struct_of(owner, held)
            called = struct.methods.get(name, function) if struct else function
            return called.result.struct if isinstance(called, Function) and called.result else None
    return None


def field_struct(owner: Struct | None, name: str) -> Struct | None:
    """The struct that a field is declared to be of."""
    types = (field.type for field in owner.fields if field.name == name) if owner else ()
    return next((type.struct for type in types if type is not None), None)

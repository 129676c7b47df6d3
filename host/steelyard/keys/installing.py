"""Taking statements on trust, or not.

Owns: what this host believes from now on: the first root by its fingerprint, everything else by
what holders and stations have signed.
Refuses: with UserError, what does not hold, and what is older than what it has.
Units: times in s since 1970.
"""

from __future__ import annotations

from collections.abc import Callable

from steelyard_wire import record, statement

from steelyard.errors import VERDICT, UserError
from steelyard.keys.authority import Authority, Doubtful, Root
from steelyard.keys.statements import Statement
from steelyard.keys.words import plain, title
from steelyard.opened import ALGORITHMS
from steelyard.store import Store

NEW = "new: trusted from now on"
KNOWN = "known already"


def _refuse(one: Statement, why: str) -> UserError:
    return UserError(VERDICT, f"not taken: {title(one)}: {why}")


def install(store: Store, one: Statement, confirm: Callable[[Statement], None]) -> str:
    """Believe a statement from now on; what came of it; UserError.

    confirm: raises unless somebody says that the fingerprint of a first root is the right one.
    """
    authority = store.authority()
    if one.kind == statement.ROOT:
        known = _check_root(authority, one, confirm)
        before = authority.roots.get(one.fields["name"])
        keep(store, one.only_by({**(before.holders if before else {}), **Root(one).holders}))
        return KNOWN if known else NEW
    try:
        standing = authority.check(one)
    except Doubtful as why:
        raise _refuse(one, why.detail) from None
    known = _replaces_nothing_newer(authority, one, standing.root)
    keep(store, one.only_by(standing.root.holders) if one.by_several else one)
    return KNOWN if known else NEW


def keep(store: Store, one: Statement) -> None:
    """Keep a statement that counts; its terminal is known to this host from now on."""
    store.add_statement(one)
    if one.kind == statement.DEVICE:
        fields = one.fields
        store.add_terminal(
            fields["key"],
            fields["serial"],
            fields["model"],
            record.is_test(fields["dev"]),
            ALGORITHMS[fields["suite"]],
        )


def _check_root(
    authority: Authority, one: Statement, confirm: Callable[[Statement], None]
) -> bool:
    """Whether it is the root that is trusted already; UserError."""
    missing = Root(one).missing(one)
    if missing:
        raise _refuse(one, f"holders of its own that have to sign it yet: {missing}")
    before = authority.roots.get(one.fields["name"])
    if before is None:
        confirm(one)
        return False
    newest = before.statement.number
    if one.number < newest:
        raise _refuse(one, f"version {newest} has replaced it")
    if one.number == newest:
        if one.payload != before.statement.payload:
            raise _refuse(one, "this host has another root of this version. Ask its holders")
        return True
    if one.number > newest + 1:
        raise _refuse(
            one, f"version {newest + 1} comes first: each version is signed by the one before"
        )
    missing = before.missing(one)
    if missing:
        raise _refuse(one, f"holders of version {newest} that have to sign it yet: {missing}")
    return False


def _replaces_nothing_newer(authority: Authority, one: Statement, root: Root) -> bool:
    """Whether it is known already; UserError if this host has one that came after it."""
    if one.kind == statement.STATION:
        kid = statement.key_id(one.fields["key"])
        others = [fields for fields, of in authority.stations(kid) if of.name == root.name]
        newest = others[0]["number"] if others else 0
        same = bool(others) and others[0] == one.fields
    elif one.kind == statement.REVOCATION:
        other = authority.lists.get(root.name)
        newest = other.number if other else 0
        same = other is not None and other.payload == one.payload
    else:
        return False
    if one.number < newest:
        raise _refuse(one, f"number {newest} has replaced it")
    if one.number == newest and not same:
        who = plain(root.name)
        raise _refuse(one, f"this host has another of this number. Ask the holders of {who}")
    return same

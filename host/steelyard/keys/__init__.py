"""Keys, and what is signed with them about terminals: roots, stations, statements, revocations.

Owns: key files, statement files, what holds under the roots that this host trusts, issuing with
its log. The forms are steelyard_wire.statement's (protocol/README.md, section 15).
Refuses: with UserError, whatever would be signed or believed against these rules.
Units: times in s since 1970.
"""

"""Quantities as text."""

import check
from steelyard_wire import quantity
from steelyard_wire.codes import ARGUMENT


def test_both_ways():
    for case in check.vectors("quantity")["both"]:
        pair = (case["mantissa"], case["exp10"])
        assert quantity.parse_quantity(case["text"]) == pair, case
        assert quantity.format_quantity(*pair) == case["text"], case


def test_positive_exponents_are_written_out():
    for case in check.vectors("quantity")["format"]:
        assert quantity.format_quantity(case["mantissa"], case["exp10"]) == case["text"], case


def test_refused_texts():
    for text in check.vectors("quantity")["refused"]:
        check.refused(ARGUMENT, quantity.parse_quantity, text)


def test_exponents_beyond_nine_are_refused():
    assert quantity.format_quantity(1, 9) == "1000000000"
    for exp10 in (10, -10, 1000):
        check.refused(ARGUMENT, quantity.format_quantity, 1, exp10)


def test_units():
    # Fixed by record format 1.
    for unit, name in enumerate(("g", "kg", "mg", "t", "lb", "oz", "jin", "liang")):
        assert quantity.unit_name(unit) == name
        assert quantity.unit_id(name) == unit
    for unit in (-1, 8):
        check.refused(ARGUMENT, quantity.unit_name, unit)
    for name in ("", "KG", "k", "kgs"):
        check.refused(ARGUMENT, quantity.unit_id, name)

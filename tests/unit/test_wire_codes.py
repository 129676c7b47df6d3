"""The tables of numbers."""

from steelyard_wire import PROTOCOL, codes, sentences
from steelyard_wire.codes import Refused


def test_errors_are_named_once_and_explained():
    numbers = [row[0] for row in sentences.ERRORS]
    names = [row[1] for row in sentences.ERRORS]
    assert numbers == sorted(set(numbers))
    assert len(set(names)) == len(names)
    for number, name, sentence in sentences.ERRORS:
        assert getattr(codes, name) == number
        assert sentences.error_name(number) == name
        assert sentences.error_text(number) == sentence
        assert sentence.endswith(".") and 10 < len(sentence) < 90


def test_an_unknown_error_is_internal():
    assert sentences.error_name(12345) == "INTERNAL"
    assert sentences.error_text(-1) == sentences.error_text(codes.INTERNAL)


def test_faults():
    for number, name in enumerate(codes.FAULTS):
        assert getattr(codes, "FAULT_" + name) == number
        assert codes.fault_name(number) == name
    assert codes.fault_name(12) == "12"
    assert codes.fault_name(-1) == "-1"


def test_status_bits():
    for bit, name in enumerate(codes.STATUSES):
        assert getattr(codes, "ST_" + name) == 1 << bit
        assert codes.status_names(1 << bit) == [name]
    assert codes.status_names(0) == []
    assert codes.status_names(0x0011) == ["STABLE", "NET"]
    assert codes.status_names(1 << 19) == []


def test_refused_carries_code_and_detail():
    error = Refused(codes.MOTION)
    assert (error.code, error.detail) == (20, "")
    assert str(error).startswith("20 MOTION: ")
    assert str(Refused(codes.MOTION, "span 7 e")).endswith(" (span 7 e)")


def test_protocol_version():
    assert PROTOCOL == 1

"""Labels: whatever stands on a plate, the code beside it can be read, by another's reader.

Owns: long plates, signs of XML, wide letters. Units: mm.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import typst
import zxingcpp
from PIL import Image
from steelyard.factory.labels import drawn
from steelyard.plate import Plate

ADDRESS = "https://scales.example/0011223344556677"


def _plate(model: str, ranges: int = 1) -> Plate:
    rows = [("15.000 kg", "0.005 kg")] * ranges
    return Plate(
        "SY-1", model, "Z-76", "III", rows, "0.1 kg", "P-1", "1.0 0011", "0011223344556677"
    )


@pytest.mark.parametrize(
    "model",
    ("Market", 'A<B & "C" > D', "农贸市场用电子计价秤高精度防作弊型号甲乙丙丁戊己庚辛", "M" * 300),
)
def test_the_code_is_read_and_nothing_lies_on_it(model: str, tmp_path: Path) -> None:
    label = drawn(_plate(model, 3), ADDRESS)
    texts = [one for one in ElementTree.fromstring(label).iter() if one.tag.endswith("}text")]
    assert "".join("".join(one.text or "" for one in texts).split()).startswith(
        "".join(model.split())
    )
    for one in texts:
        # A Chinese character is as wide as it is high, others 0.62 of it on average.
        size = float(one.attrib["font-size"])
        wide = sum(1.0 if letter > "\u2e80" else 0.62 for letter in one.text or "")
        assert 2 + size * wide < 90 - 32 and float(one.attrib["y"]) < 40
    (tmp_path / "label.svg").write_text(label, encoding="utf-8")
    typst.compile(
        b'#set page(width: 90mm, height: 40mm, margin: 0pt)\n#image("label.svg")',
        root=str(tmp_path),
        output=str(tmp_path / "label.png"),
        format="png",
        ppi=300,
    )
    (code,) = zxingcpp.read_barcodes(Image.open(tmp_path / "label.png"))
    assert code.text == ADDRESS

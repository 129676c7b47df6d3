"""Plans of a product: what no terminal could become is refused when the plan is read.

Owns: the sentences of product.py. Expected: OIML R 76-1, 3.2 and 4.2.2.1; docs/factory.md.
Units: kg.
"""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import pytest
from steelyard.errors import REFUSED, USAGE, UserError
from steelyard.factory import product, scales
from terminal.weighing.config import Config
from works import PLAN, ROOT

PRODUCT_REFUSED = {
    'board = "virtual"': {
        "": "product does not say board",
        'board = "x"': "there is no board 'x'",
        "board = 5": "board is a text",
        'board = "virtual"\ncolour = 1': "product says colour, which nothing reads",
    },
    'name = "Market 15 kg"': {"name = 5": "name is a text"},
    'serials = "SY-TEST-0..SY-TEST-9"': {
        'serials = "SY-1"': "serials is",
        'serials = "SY-1..SX-2"': "serials is",
        'serials = "SY-1..SY-22"': "serials is",
        'serials = "SY-2..SY-1"': "serials are rising, at most 100000",
        f'serials = "{"1" * 5000}..{"2" * 5000}"': "serials",
        "serials = 5": "serials is a text",
    },
    'class = "III"': {'class = "V"': "scale: the classes are", "class = 3": "class is a text"},
    'ranges = ["15kg/5g"]': {
        "ranges = []": "scale: ",
        'ranges = ["15kg"]': "is not a range like",
        'ranges = ["15kg/5x"]': "is not a weight like",
        'ranges = "15kg/5g"': "scale: ranges is a list of texts",
        'ranges = ["15kg/5g"]\nmultiple = 1': "scale: multiple is true or false",
        'ranges = ["15kg/5g"]\nmin = "much"': "is not a weight like",
        # R 76-1, 4.10: the larger range stays until the platform is empty.
        'ranges = ["6kg/2g", "15kg/5g"]\nmultiple = true': "multiple ranges is in the larger one",
        # R 76-1, 4.2.2.1 and Table 3.
        'ranges = ["15kg/3g"]': "scale: e is 1, 2 or 5 times a power of ten",
        'ranges = ["15kg/1g"]': "scale: n is 15000, class III has 100..10000 (Table 3)",
        'ranges = ["15kg/5g"]\nmin = "99 g"': "scale: Min is 100 at least",
    },
    "cycle_load = 100": {
        "cycle_lod = 100": "parameters says cycle_lod, which nothing reads; it can say auto_zero,",
        "mains_hz = 55": "parameters: mains_hz is 50 or 60",
        "registration = 16": "parameters: registration is 1..15",
        "tracking = true": "parameters: tracking is a whole number",
        'cycle_load = ""': "parameters: cycle_load is a whole number",
        "e = 10": "parameters says e, which [scale] decides",
        'profile = "stiff"': "parameters says profile, which [commission] decides",
        'profile = "swift"': "parameters: there is no profile 'swift'; there are: default,",
    },
    'key = "works.pem"': {
        "": "station does not say key",
        "key = 5": "station: key is a text",
        'key = "works.pem"\nhardware = "R41"': "hardware is 'R40' or 'SB' or 'SE'",
    },
    'production = "P-{serial}"': {'production = "P"': "contain {serial}"},
    'seals = ["S-{serial}-1", "S-{serial}-2"]': {
        "seals = []": "station: seals names the seal of the case",
        'seals = ["S"]': "contain {serial}",
    },
    'loads = ["5 kg", "10 kg", "15 kg"]': {
        "loads = []": "calibration: one to ten loads",
        'loads = ["five"]': "each of loads is a load",
        'loads = ["5 kg"]\nfit = "curve"': "calibration: fit is 'segments' or 'line'",
        'loads = ["5 kg"]\ndown = "no"': "calibration: down is true or false",
    },
    'check = "7 kg"': {'check = "much"': "calibration: check is a load"},
    'name = "Hangzhou"': {"": "calibration.here does not say name"},
    "latitude = 30.27": {
        "": "calibration.here has latitude and height, or g as measured",
        "latitude = 95": "calibration.here is a latitude and a height",
        "latitude = nan": "calibration.here is a latitude and a height",
    },
    'load = "7 kg"': {'load = "7 kg"\nseconds = 5': "seconds is a number from 8 to 60"},
    'plan = "short.toml"': {"as_found = 1": "as_found is true or false"},
    'languages = ["en", "zh"]': {'languages = ["tlh"]': "languages is 'en' or 'zh'"},
    'registry = "https://scales.example/{device}"': {
        'registry = "https://scales.example"': "registry is an address with {device}",
        "registry = 5": "registry is a text",
    },
}


@pytest.mark.parametrize(
    ("was", "now"), [(was, now) for was, rows in PRODUCT_REFUSED.items() for now in rows]
)
def test_a_product_that_is_none_says_what_and_where(was: str, now: str, tmp_path: Path) -> None:
    path = tmp_path / "market.toml"
    assert was in PLAN
    path.write_text(PLAN.replace(was, now, 1))
    with pytest.raises(UserError) as caught:
        product.load(path)
    assert caught.value.exit_code == USAGE
    assert PRODUCT_REFUSED[was][now] in caught.value.sentence
    assert str(path) in caught.value.sentence


def test_the_parameters_of_a_plan_are_as_a_terminal_will_say_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "market.toml"
    plain = PLAN.replace('[commission]\nload = "7 kg"\n', "")
    said = 'mains_hz = "060"\nprofile = "stiff"\nsettle_ms = 900'
    path.write_text(plain.replace("cycle_load = 100", said))
    found = product.load(path).parameters
    assert found == {"mains_hz": "60", "profile": "2", "settle_ms": "900"}
    # What settles was found with the others, and is not known any more.
    path.write_text(plain.replace("cycle_load = 100", "settle_ms = 900\nmains_hz = 60"))
    with pytest.raises(UserError, match="settle_ms becomes 0 when the others are set"):
        product.load(path)
    # Where there is no VM to ask, the terminal will be.
    monkeypatch.setenv("MICROPYTHON", str(tmp_path / "none"))
    path.write_text(plain.replace("cycle_load = 100", "cycle_lod = 100"))
    assert product.load(path).parameters == {"cycle_lod": "100"}


def test_multiple_ranges_are_not_taken_for_partial_ones() -> None:
    def told(multirange: int) -> dict[str, str]:
        words = f"max_1 6000 e_1 2 multirange {multirange}".split()
        config = Config.from_map({}).with_values(words)
        return {name: str(config.get(name)) for name in config.names()}

    partial = scales.of_config(told(0))
    assert partial.ranges == ((F(6), F("0.002")), (F(15), F("0.005")))
    with pytest.raises(UserError, match="multiple ranges.*by hand") as caught:
        scales.of_config(told(1))
    assert caught.value.exit_code == REFUSED
    # It is calibrated all the same, and who does it is told how far a load is off.
    assert scales.of_config(told(1), judged=False) == partial


def test_the_product_of_the_docs(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "factory.md").read_text()
    example = manual.split("## The plan\n")[1].split("\n## ")[0]
    path = tmp_path / "market.toml"
    path.write_text("\n".join(line[4:] for line in example.splitlines() if line[:4] == "    "))
    found = product.load(path)
    assert found.serials[0] == "SY-0001" and len(found.serials) == 999
    assert found.calibration.loads == (("5", "kg"), ("10", "kg"), ("15", "kg"))
    assert found.filled(found.station.production, "SY-7") == "P-SY-7"

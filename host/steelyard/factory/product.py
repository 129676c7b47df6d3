"""What a terminal is to become: a factory's plan for one product, a file of TOML.

Owns: its form (docs/factory.md). Refuses: with UserError, a plan that says what nothing reads or
lacks what is needed; the sentence names the file and the place.
Units: loads with their unit as text ("5 kg"); gravity in 0.00001 m/s2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from steelyard import boards, gravity, parameters
from steelyard.calibration import Weight, parse_weight
from steelyard.errors import USAGE, UserError
from steelyard.factory import plan as plans
from steelyard.factory import scales
from steelyard.factory.toml_reading import (
    Wrong,
    count,
    known,
    one_of,
    read_toml,
    text_of,
    texts,
    yes_or_no,
)
from steelyard.scale_words import WantedScale, class_of, nanograms, ranges_of

_TABLES = {
    "product": {"name", "version", "board", "serials"},
    "scale": {"class", "ranges", "min", "multiple"},
    "parameters": None,
    "station": {"key", "log", "access", "production", "approval", "seals", "hardware"},
    "calibration": {"loads", "check", "weights", "check_weights", "fit", "down", "here", "there"},
    "commission": {"load", "seconds"},
    "test": {"plan", "weights", "as_found", "ssid"},
    "report": {"languages"},
    "label": {"registry"},
}
_MUST = {
    "product": {"name", "board"},
    "scale": {"class", "ranges"},
    "station": {"key", "production", "seals"},
    "calibration": {"loads"},
}
_PLACE = {"name", "latitude", "height", "g"}
HARDWARE = ("R40", "SB", "SE")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Place:
    """Where gravity is what it is. g: in the terminal's unit."""

    name: str
    g: int


@dataclass(frozen=True)
class StationPlan:
    """Who certifies, and what the device statement says; {serial} stands for the number."""

    key: Path
    log: Path
    access: tuple[Path, ...]
    production: str
    approval: str
    seals: tuple[str, ...]
    hardware: int


@dataclass(frozen=True)
class CalibrationPlan:
    """The loads, and where they come from."""

    loads: tuple[Weight, ...]
    check: Weight | None
    weights: Path | None
    check_weights: Path | None
    line: bool
    down: bool
    here: Place | None
    there: Place | None


@dataclass(frozen=True)
class Product:
    """A plan that was read. digest: SHA-256 of its file, 16 digits.

    parameters: of CONFIG by name. commission: a load and how long
    each change is listened to, or None.
    """

    name: str
    version: str
    digest: str
    board: str
    serials: tuple[str, ...]
    scale: WantedScale
    parameters: Mapping[str, str]
    station: StationPlan
    calibration: CalibrationPlan
    commission: tuple[Weight, float] | None
    test: str
    test_weights: Path | None
    as_found: bool
    ssid: str
    languages: tuple[str, ...]
    registry: str
    folder: Path = field(compare=False)

    def filled(self, text: str, serial: str) -> str:
        """A text of the plan for one terminal."""
        return text.replace("{serial}", serial)


def part(product: Product, step: str) -> str:
    """A digest of what a plan says of one step of the flow: another one, and it is done again."""
    said: dict[str, Any] = {
        "flash": product.board,
        "certify": product.station,
        "configure": (product.scale, sorted(product.parameters.items())),
        "commission": product.commission,
        "calibrate": product.calibration,
        "test": (plans.load(product.test).digest, product.test_weights, product.ssid),
        "report": product.languages,
        "label": (product.registry, product.station.approval),
    }
    # A folder that was moved says nothing else.
    text = repr(said.get(step)).replace(str(product.folder), "")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path) -> Product:
    """The plan in a file; UserError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(
            USAGE,
            f"{path} cannot be read: {error.strerror}. docs/factory.md has a plan to begin with",
        ) from None
    data = read_toml(str(path), raw)
    try:
        return _product(data, hashlib.sha256(raw).hexdigest()[:16], path.resolve().parent)
    except Wrong as wrong:
        raise UserError(USAGE, f"{path}: {wrong}") from None


def _product(data: Mapping[str, Any], digest: str, folder: Path) -> Product:
    known("the file", data, _TABLES, _MUST)
    tables: dict[str, Mapping[str, Any]] = {}
    for name, may in _TABLES.items():
        said = data.get(name, {})
        tables[name] = known(name, said, may if may is not None else said, _MUST.get(name, ()))
    product, test = tables["product"], tables["test"]
    board = text_of("board", product["board"])
    try:
        boards.load(board)
    except UserError as error:
        raise Wrong(error.sentence) from None
    registry = text_of("label: registry", tables["label"].get("registry", "{device}"))
    registry = "" if registry == "{device}" else registry
    if registry and "{device}" not in registry:
        raise Wrong('label: registry is an address with {device}, "https://.../{device}"')
    languages = texts("report: languages", tables["report"].get("languages", ["en"]))
    for language in languages:
        one_of("report: each of languages", language, LANGUAGES)
    made = Product(
        name=text_of("name", product["name"]),
        version=str(product.get("version", "1")),
        digest=digest,
        board=board,
        serials=_serials(product.get("serials", "")),
        scale=_scale(tables["scale"]),
        parameters={name: str(value) for name, value in tables["parameters"].items()},
        station=_station(tables["station"], folder),
        calibration=_calibration(tables["calibration"], folder),
        commission=_commission(data.get("commission")),
        test=_test(test.get("plan", "production"), folder),
        test_weights=_file(test, "weights", folder),
        ssid=text_of("test: ssid", test["ssid"]) if "ssid" in test else "",
        as_found=yes_or_no("as_found", test.get("as_found", True)),
        languages=languages,
        registry=str(registry),
        folder=folder,
    )
    return replace(made, parameters=_parameters(made)) if parameters.can_ask() else made


def _parameters(made: Product) -> Mapping[str, str]:
    """Those of the plan, as the terminal will say them: it is asked before there is one."""
    start = boards.load(made.board).scale
    try:
        words = made.scale.words(parameters.ask(start, []).values)
    except UserError as error:
        raise Wrong(f"scale: {error.sentence}") from None
    try:
        pairs = [(name, parameters.said(name, value)) for name, value in made.parameters.items()]
    except UserError as error:
        raise Wrong(f"parameters: {error.sentence}") from None
    answer = parameters.ask(start, [words, *pairs])
    elsewhere = {"scale": answer.of_scale}
    if made.commission is not None:
        elsewhere["commission"] = answer.of_commission
    for table, names in elsewhere.items():
        both = [name for name in names if name in made.parameters]
        if both:
            raise Wrong(
                f"parameters says {', '.join(both)}, which [{table}] decides: leave it out"
            )
    unknown = [name for name in made.parameters if name not in answer.values]
    if unknown:
        others = sorted(set(answer.values) - set().union(*elsewhere.values()))
        raise Wrong(
            f"parameters says {', '.join(unknown)}, which nothing reads; it can say"
            f" {', '.join(others)}"
        )
    if answer.refused:
        raise Wrong(f"{'parameters' if answer.at else 'scale'}: {answer.refused}")
    for name, value in pairs:
        now = answer.values[name]
        if int(value) != int(now):
            raise Wrong(f"parameters: {name} becomes {now} when the others are set: say it last")
    return {name: answer.values[name] for name, _ in pairs}


def _file(table: Mapping[str, Any], name: str, folder: Path) -> Path | None:
    return folder / text_of(name, table[name]) if name in table else None


def _test(said: Any, folder: Path) -> str:
    """A built-in plan by its name, a file by its path beside this one."""
    named = text_of("test: plan", said)
    return str(folder / named) if named.endswith(".toml") else named


def _serials(said: Any) -> tuple[str, ...]:
    """All numbers of FIRST..LAST, which differ in their last digits."""
    if said == "":
        return ()
    match = re.fullmatch(r"(.*?)(\d{1,12})\.\.(.*?)(\d{1,12})", text_of("serials", said))
    if not match or match[1] != match[3] or len(match[2]) != len(match[4]):
        raise Wrong('product: serials is "SY-0001..SY-0999", the same but for the last digits')
    first, last = int(match[2]), int(match[4])
    if not first <= last < first + 100_000:
        raise Wrong("product: serials are rising, at most 100000")
    return tuple(f"{match[1]}{number:0{len(match[2])}d}" for number in range(first, last + 1))


def _load(where: str, said: Any) -> Weight:
    try:
        return parse_weight(str(said))
    except UserError:
        raise Wrong(f'{where} is a load, "5 kg", not {said!r}') from None


def _scale(said: Mapping[str, Any]) -> WantedScale:
    if said["ranges"] == []:
        raise Wrong("scale: ranges has one at least")
    if yes_or_no("scale: multiple", said.get("multiple", False)) and len(said["ranges"]) > 1:
        raise Wrong(f"scale: multiple: {scales.MULTIPLE}")
    try:
        return WantedScale(
            class_of(text_of("scale: class", said["class"])),
            ranges_of(texts("scale: ranges", said["ranges"])),
            nanograms(text_of("scale: min", said["min"])) if "min" in said else None,
            multiple=False,
        )
    except UserError as error:
        raise Wrong(f"scale: {error.sentence}") from None


def _station(said: Mapping[str, Any], folder: Path) -> StationPlan:
    key = folder / text_of("station: key", said["key"])
    seals = texts("station: seals", said["seals"])
    if not seals:
        raise Wrong("station: seals names the seal of the case, at least")
    production = text_of("station: production", said["production"])
    if not all("{serial}" in one for one in (production, *seals)):
        raise Wrong(
            "station: production and each of seals contain {serial}: no two terminals have one"
            " production code or one seal"
        )
    log = folder / str(said["log"]) if "log" in said else key.with_suffix(".log")
    return StationPlan(
        key=key,
        log=log,
        access=tuple(folder / one for one in texts("station: access", said.get("access", []))),
        production=production,
        approval=str(said.get("approval", "")),
        seals=seals,
        hardware=HARDWARE.index(one_of("hardware", said.get("hardware", "R40"), HARDWARE)),
    )


def _calibration(said: Mapping[str, Any], folder: Path) -> CalibrationPlan:
    loads = tuple(
        _load("calibration: each of loads", one)
        for one in texts("calibration: loads", said["loads"])
    )
    if not 1 <= len(loads) <= 10:
        raise Wrong("calibration: one to ten loads")
    if ("here" in said) != ("there" in said):
        raise Wrong("calibration: here and there belong together")
    fit = one_of("calibration: fit", said.get("fit", "segments"), ("segments", "line"))
    return CalibrationPlan(
        loads=loads,
        check=_load("calibration: check", said["check"]) if "check" in said else None,
        weights=_file(said, "weights", folder),
        check_weights=_file(said, "check_weights", folder),
        line=fit == "line",
        down=yes_or_no("calibration: down", said.get("down", False)),
        here=_place("calibration.here", said["here"]) if "here" in said else None,
        there=_place("calibration.there", said["there"]) if "there" in said else None,
    )


def _place(where: str, said: Any) -> Place:
    table = known(where, said, _PLACE, {"name"})
    if "g" in table:
        text = str(table["g"])
    elif {"latitude", "height"} <= set(table):
        text = f"{table['latitude']},{table['height']}"
    else:
        raise Wrong(f"{where} has latitude and height, or g as measured")
    try:
        return Place(text_of(f"{where}: name", table["name"]), gravity.of_place(text, where))
    except UserError as error:
        raise Wrong(error.sentence) from None


def _commission(said: Any) -> tuple[Weight, float] | None:
    if said is None:
        return None
    table = known("commission", said, _TABLES["commission"] or (), {"load"})
    seconds = count("commission: seconds", table.get("seconds", 12), 8, 60)
    return _load("commission: load", table["load"]), float(seconds)

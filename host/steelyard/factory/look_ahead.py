"""What a plan will need, looked at before a board is touched, and not hours later.

Owns: that the files which a plan names are there and right, and that its loads can be made.
Refuses: with UserError, what is missing or wrong. Units: as product.py.
"""

from __future__ import annotations

from fractions import Fraction

from steelyard_wire.classes import CLASSES
from steelyard_wire.units import NANOGRAMS

from steelyard import boards
from steelyard.errors import USAGE, UserError
from steelyard.factory import plan as plans
from steelyard.factory import scales, weights_file
from steelyard.factory.loading import Loading
from steelyard.factory.measurement import Scale
from steelyard.factory.product import Product
from steelyard.factory.production_phases import KEY_VARIABLE
from steelyard.keys.files import ACCESS, public_half


def look_ahead(product: Product, by_machine: bool = False) -> None:
    """UserError for a file that the plan names and that is missing or wrong: before a board is
    touched, and not hours later. by_machine: nobody is there who could look at anything."""
    test = plans.load(product.test).on_network(product.ssid)
    if by_machine and test.needs_eyes():
        raise UserError(
            USAGE,
            f"the test {test.name} has an inspection with something to be seen, and a weight"
            " handler sees nothing: it could not pass. Have a plan of your own whose inspection"
            " says looks = [], or do this one without a handler",
        )
    if boards.load(product.board).network == "wlan" and test.lacks_network():
        raise UserError(
            USAGE,
            "the test has a phase for Wi-Fi, and no network to join. Say the one of the bench,"
            f' [test] ssid = "...", and put its key into {KEY_VARIABLE}',
        )
    for path in product.station.access:
        public_half(path, *ACCESS)
    plan = product.calibration
    scale = scale_of(product)
    wanted = [(weight, plan.weights) for weight in plan.loads]
    if plan.check:
        wanted.append((plan.check, plan.check_weights or plan.weights))
    for (number, unit), register in wanted:
        load = Fraction(number)
        if load > scale.most:
            raise UserError(USAGE, f"calibration: {float(load):g} {unit} are more than Max")
        if register is not None:
            Loading.of_file(register, scale)(load)
    if product.test_weights is not None:
        weights_file.read(product.test_weights)


def scale_of(product: Product) -> Scale:
    """The scale that the terminal is to be, in the unit of its calibration; UserError."""
    units = {unit for _, unit in product.calibration.loads}
    if product.calibration.check:
        units.add(product.calibration.check[1])
    if len(units) > 1:
        raise UserError(USAGE, f"calibration: loads in {' and in '.join(sorted(units))}")
    unit = units.pop()
    sizes = [weight / NANOGRAMS[unit] for weight in product.scale.weights]
    pairs = list(zip(sizes[::2], sizes[1::2], strict=True))
    return scales.of_words(CLASSES[int(product.scale.accuracy)], pairs, unit)

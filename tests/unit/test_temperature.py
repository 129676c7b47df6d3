"""What temperature does to zero and span is taken off again, with the lag of the load cell."""

from check import refused
from steelyard_wire import codes
from storage import Scratch
from terminal.drivers.thermometer import Thermometer
from terminal.weighing.calibrate import CalibrationSession
from terminal.weighing.config import Config
from terminal.weighing.linearise import LENGTH, SEGMENTS, Calibration, Lineariser
from terminal.weighing.warmth import Warmth
from terminal.weighing.weigher import Weigher
from terminal_parts import calibrate, finish, load, provisioned, started

# RP2040 data sheet, 4.9.5: T = 27 - (V - 0.706) / 0.001721.
_RP2040 = {"adc": 4, "uv_at_0": 752467, "uv_per_k": -1721}
_ZERO = 100000
_PER_G = 200
# Taken at 20.00 degrees; a kelvin more: 60 counts and 80 ppm of the span. From 0 to 40 degrees.
_WARM = [2000, 60000, 80000, 600, 0, 4000]


class Volts:
    """machine.ADC at a constant voltage, in microvolts."""

    def __init__(self, microvolts):
        self.microvolts = microvolts

    def read_u16(self):
        return self.microvolts * 65535 // 3300000


class Air:
    """A thermometer: hundredths of a degree, or None."""

    def __init__(self, hundredths):
        self.hundredths = hundredths

    def celsius(self):
        return self.hundredths


def _calibration(temperature=_WARM):
    points = [(_ZERO * LENGTH, 0), ((_ZERO + 3000000) * LENGTH, 15000)]
    return Calibration(1, SEGMENTS, points, (-3, 1), temperature=temperature)


def _counts(grams, kelvins):
    """What a cell with these coefficients gives so much above 20 degrees: the model, in floats."""
    return _ZERO + 60 * kelvins + _PER_G * grams * (1 + 80e-6 * kelvins)


def test_the_thermometer_has_the_data_sheets_slope():
    for microvolts, hundredths in ((706000, 2700), (706000 - 17210, 3700), (752467, 0)):
        said = Thermometer(Volts(microvolts), _RP2040).celsius()
        assert abs(said - hundredths) <= 3, microvolts  # 50 uV of the reading: 0.03 K
    # TMP36: 750 mV at 25 degrees, 10 mV for each.
    tmp36 = {"adc": 26, "uv_at_0": 500000, "uv_per_k": 10000}
    assert abs(Thermometer(Volts(750000), tmp36).celsius() - 2500) <= 1
    assert abs(Thermometer(Volts(400000), tmp36).celsius() + 1000) <= 1
    # A wire that is off, or on the supply.
    for microvolts in (0, 3300000):
        assert Thermometer(Volts(microvolts), tmp36).celsius() is None


def test_the_body_follows_with_its_time_constant():
    warmth = Warmth()
    assert warmth.step(2000, 0, 600) == 2000  # after a start as warm as the thermometer
    for _ in range(600):
        warmth.step(3000, 1, 600)
    # 1 - 1/e of the step after the time constant, to 0.02 K.
    assert abs(warmth.celsius - (2000 + 1000 * 0.63212)) <= 2
    for _ in range(3000):
        warmth.step(3000, 1, 600)
    assert abs(warmth.celsius - (3000 - 1000 * 0.36788 * 0.006738)) <= 2
    # The same in steps of three seconds, and downwards.
    for _ in range(200):
        warmth.step(-1000, 3, 600)
    assert abs(warmth.celsius - (-1000 + 4000 * 0.36788)) <= 12
    assert warmth.step(2500, 1, 0) == 2500  # no lag: at once
    assert warmth.step(None, 1, 600) is None
    assert warmth.step(1500, 1, 600) == 1500


def test_weights_are_right_at_any_temperature():
    config = Config.from_map({})
    calibration = _calibration()
    for hundredths in (-1000, 0, 1234, 2000, 2001, 4000):
        scale = Lineariser(calibration, config, hundredths)
        kelvins = hundredths / 100 - 20
        for grams in (0, 1, 5000, 15000):
            fine = scale.fine(round(_counts(grams, kelvins) * LENGTH))
            # 0.02 g; the points are placed by the temperature of a whole hundredth.
            assert abs(fine - grams * 100) <= 2, (hundredths, grams, fine)
    # Without the compensation 15 kg at 40 degrees are 24 g and the zero 6 g off: the test's power.
    bare = Lineariser(calibration, config)
    assert bare.fine(round(_counts(15000, 20) * LENGTH)) == 1500000 + 3000


def test_points_that_nobody_compensated_stay():
    for calibration in (_calibration(None), _calibration([2000, 0, 0, 0, 0, 0])):
        assert calibration.points_at(4000) == calibration.points
        assert calibration.known_at(9000) and calibration.known_at(None)


def test_the_weigher_follows_and_says_when_it_is_beyond_what_is_known():
    weigher = Weigher(Config.from_map({}), _calibration(), 80000)
    k = 0
    for hundredths, known in ((2000, True), (4000, True), (4001, False), (-1, False), (0, True)):
        weigher.set_temperature(hundredths)
        kelvins = hundredths / 100 - 20
        for _ in range(240):
            k += 1
            counts = round(_counts(10000, kelvins)) + (k % 15 == 7) - (k % 15 == 14)
            weigher.feed(counts, k * 12, 0)
        assert weigher.reading.indicated == 10000 and abs(weigher.reading.fine - 1000000) < 10
        assert (weigher.reading.status & codes.ST_TEMPERATURE == 0) == known, hundredths


def test_a_map_of_an_earlier_firmware_is_taken():
    stored = _calibration(None).to_map()
    del stored[10], stored[11], stored[12]
    assert Calibration.from_map(stored).to_map() == _calibration(None).to_map()
    assert Calibration.from_map(_calibration().to_map()).temperature == _WARM
    more = _calibration().to_map()
    more[13] = 0
    for wrong in ({}, {1: 1}, more):
        refused(codes.ARGUMENT, Calibration.from_map, wrong)


def test_absurd_coefficients_are_refused():
    for zero, span in ((16777217, 0), (0, 1000001), (-16777217, 0), (0, -1000001)):
        refused(codes.ARGUMENT, _calibration, [2000, zero, span, 600, 0, 4000])


def _session(weigher, hundredths):
    weigher.set_temperature(hundredths)
    return CalibrationSession(weigher)


def _rest(weigher, grams):
    for k in range(240):
        alive = (k % 32 == 7) * 2 - (k % 32 == 23) * 2
        weigher.feed(_ZERO + _PER_G * grams + alive, k * 12, 0)


def test_a_new_zero_keeps_what_a_kelvin_does_and_counts_from_its_own_temperature():
    weigher = Weigher(Config.from_map({}), _calibration(), 80000)
    session = _session(weigher, 2750)
    _rest(weigher, 0)
    session.zero()
    _rest(weigher, 15000)
    session.span(15000, -3, 1, None)
    session.fit(SEGMENTS)
    made = session.commit(True)
    assert made.temperature == [2750] + _WARM[1:]
    assert made.points == [(_ZERO * LENGTH, 0), ((_ZERO + 3000000) * LENGTH, 15000)]


def test_a_session_whose_temperature_runs_away_is_refused():
    weigher = Weigher(Config.from_map({}), None, 80000)
    session = _session(weigher, 2000)
    _rest(weigher, 0)
    session.zero()
    _rest(weigher, 15000)
    weigher.set_temperature(2201)
    error = refused(codes.NOISE, session.span, 15000, -3, 1, None)
    assert "201/100 K since ZERO" in error.detail
    weigher.set_temperature(2200)
    session.span(15000, -3, 1, None)


def test_what_a_kelvin_does_is_said_and_taken_back():
    weigher = Weigher(Config.from_map({}), _calibration([2000, 0, 0, 0, 0, 0]), 80000)
    session = _session(weigher, 3000)
    refused(
        codes.CALIBRATION_ORDER, session.temperature, 60000, 80000, 600, 0, 4000
    )  # neither KEEP nor ZERO
    session.keep()
    for wrong in (
        (1, 1, 0, 0, 4000),
        (1, 1, 36001, 0, 4000),
        (1, 1, 600, 4000, 4000),
        (1, 1, 600, -5501, 4000),
        (1, 1, 600, 0, 12501),
        (16777217, 1, 600, 0, 4000),
    ):
        refused(codes.ARGUMENT, session.temperature, *wrong), wrong
    session.temperature(60000, 80000, 600, 0, 4000)
    assert session.commit(True).temperature == _WARM  # zero was taken at 20 degrees, not now
    session.temperature(0, 0, 0, 0, 0)
    assert session.commit(True).temperature == [2000, 0, 0, 0, 0, 0]
    # A second weight is tried with what is staged, at the temperature of now.
    session.temperature(60000, 80000, 600, 0, 4000)
    for k in range(240):
        alive = (k % 32 == 7) * 2 - (k % 32 == 23) * 2
        weigher.feed(round(_counts(5000, 10)) + alive, k * 12, 0)
    error, _ = session.check(5000, -3, 1)
    assert abs(error) <= 2


def test_without_a_thermometer_there_is_nothing_to_compensate():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        assert terminal.calibration.temperature is None
        terminal.begin_calibration()
        session = terminal.calibration_session()
        session.keep()
        error = refused(codes.CALIBRATION_ORDER, session.temperature, 60000, 80000, 600, 0, 4000)
        assert "thermometer" in error.detail


def test_a_thermometer_that_fails_takes_the_number_away_and_alarms():
    with Scratch() as folder:
        terminal = provisioned(folder)
        terminal.thermometer = Air(2150)
        terminal.ticks.now += 1000
        terminal.attend()
        calibrate(terminal)
        assert terminal.calibration.temperature == [2150, 0, 0, 0, 0, 0]
        load(terminal, 5000)
        fields = terminal.reading_fields()
        assert fields[18][1] == 2150
        # Not compensated: a broken thermometer takes nothing away.
        terminal.thermometer.hundredths = None
        _pass(terminal, 3)
        load(terminal, 5000)
        assert terminal.weigher.reading.numeric and terminal.alarm.name == ""
        assert terminal.reading_fields()[18][1] is None
        _compensate(terminal)
        _pass(terminal, 3)
        assert terminal.alarm.name == "THERMOMETER"
        load(terminal, 5000)
        assert not terminal.weigher.reading.numeric
        assert terminal.weigher.registrable() == codes.CHECK_FAILED
        terminal.thermometer.hundredths = 2160
        _pass(terminal, 4)
        load(terminal, 5000)
        assert terminal.weigher.reading.numeric and terminal.alarm.name == ""
        # A board file that lost its thermometer: the stored calibration says what is missing.
        again = started(folder)
        load(again, 5000)
        assert not again.weigher.reading.numeric
        assert again.weigher.reading.status & codes.ST_TEMPERATURE


def _pass(terminal, seconds):
    for _ in range(seconds * 10):
        terminal.ticks.now += 100
        terminal.attend()


def _compensate(terminal):
    terminal.begin_calibration()
    session = terminal.calibration_session()
    session.keep()
    session.temperature(60000, 80000, 600, 0, 4000)
    finish(terminal.change("commit_calibration", True))


def test_the_terminal_lets_the_weigher_follow_the_lagged_temperature():
    with Scratch() as folder:
        terminal = provisioned(folder)
        terminal.thermometer = Air(2000)
        _pass(terminal, 2)
        calibrate(terminal)
        _compensate(terminal)
        terminal.thermometer.hundredths = 4000
        _pass(terminal, 600)
        # 20 K times 1 - 1/e, to 0.1 K.
        assert abs(terminal.weigher.celsius - (2000 + 2000 * 0.63212)) <= 10
        assert terminal.reading_fields()[18][1] == terminal.weigher.celsius
        # A change of the configuration, which makes another weigher, forgets nothing.
        before = terminal.weigher.celsius
        finish(terminal.change("set_parameter", "motion_ms", "600"))
        assert abs(terminal.weigher.celsius - before) <= 10
        load(terminal, 0)
        # 12.6 K: 759 counts of zero are taken off, 3.8 g of a span of 200 counts a gram.
        assert abs(terminal.weigher.reading.fine + 379) <= 8

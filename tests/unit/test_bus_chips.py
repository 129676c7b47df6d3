"""The chip models of the buses against numbers of their data sheets, byte by byte.

NAU7802: Nuvoton, revision 1.7. ADS1220: Texas Instruments SBAS501.
"""

from check import raises
from simulation.ads1220_chip import ADS1220Chip
from simulation.bus import I2C, SPI, I2CLines, SPILines
from simulation.nau7802_chip import CALIBRATION_US, SETTLING, NAU7802Chip

_PU, _CTRL1, _CTRL2, _OCAL, _GCAL, _TS, _ADCO = 0, 1, 2, 3, 6, 0x11, 0x12


class Clock:
    """Board time with one chip in it."""

    def __init__(self):
        self.now_us = 0
        self.chip = None
        self.edges = []

    def charge(self, microseconds):
        self.now_us += microseconds
        if self.chip.advance(self.now_us):
            self.edges.append(self.now_us)


class Scale:
    """A NAU7802 on its bus."""

    def __init__(self, convert):
        self.clock = Clock()
        self.chip = self.clock.chip = NAU7802Chip(convert)
        self.lines = I2CLines(self.clock)
        self.lines.chips.append(self.chip)
        self.i2c = I2C(self.lines)

    def put(self, register, *values):
        self.i2c.writeto(0x2A, bytes([register] + list(values)))

    def get(self, register, count=1):
        buffer = bytearray(count)
        self.i2c.readfrom_mem_into(0x2A, register, buffer)
        return list(buffer)

    def begin(self, ctrl1=0x07, ctrl2=0x30):
        self.put(_PU, 0x01)
        self.put(_PU, 0x02)
        self.clock.charge(200)
        self.put(_CTRL1, ctrl1, ctrl2)
        self.put(_PU, 0x16)

    def counts(self):
        word = int.from_bytes(bytes(self.get(_ADCO, 3)), "big")
        return word - 0x1000000 if word & 0x800000 else word

    def wait(self):
        while not self.get(_PU)[0] & 0x20:
            self.clock.charge(100)


def test_registers_after_power_up_are_the_data_sheets():
    scale = Scale(lambda at, gain: 0)
    assert scale.get(0, 3) == [0, 0, 0]
    assert scale.get(_GCAL, 4) == [0, 0x80, 0, 0]
    assert scale.get(0x1F) == [0x0F]


def test_another_address_is_not_acknowledged_and_power_off_neither():
    scale = Scale(lambda at, gain: 0)
    error = raises(OSError, scale.i2c.writeto, 0x2B, b"\x00\x01")
    assert error.args[0] == 19
    scale.chip.powered = False
    raises(OSError, scale.get, 0)
    scale.chip.powered = True
    scale.lines.sda_low = True
    before = scale.clock.now_us
    assert raises(OSError, scale.get, 0).args[0] == 110
    assert scale.clock.now_us - before == 50000


def test_power_up_is_ready_after_200_us_and_converts_when_started():
    scale = Scale(lambda at, gain: 77)
    scale.put(_PU, 0x02)
    assert not scale.get(_PU)[0] & 0x08
    scale.clock.charge(200)
    assert scale.get(_PU)[0] == 0x0A
    scale.put(_PU, 0x06)
    scale.clock.charge(1000000)
    assert scale.chip.conversions == 0  # no cycle start
    scale.put(_PU, 0x16)
    scale.clock.charge(1000000)
    assert scale.chip.conversions == 10  # CRS 000


def test_rates_are_those_of_crs():
    for crs, rate in ((0, 10), (1, 20), (2, 40), (3, 80), (7, 320)):
        scale = Scale(lambda at, gain: 0)
        scale.begin(ctrl2=crs << 4)
        scale.clock.charge(2000000)
        assert abs(scale.chip.conversions - 2 * rate) <= 1, rate


def test_gain_is_a_power_of_two_and_a_change_settles():
    scale = Scale(lambda at, gain: gain * 1000)
    scale.put(_OCAL, 0, 5000 >> 8, 5000 & 0xFF)
    for code in range(8):
        scale.begin(ctrl1=code)
        scale.put(_OCAL, 0, 5000 >> 8, 5000 & 0xFF)  # the model measures 5000 too much
        for _ in range(SETTLING):
            scale.wait()
            scale.counts()
        scale.wait()
        assert scale.counts() == (1 << code) * 1000


def test_ready_goes_back_with_the_last_byte_and_comes_with_the_next_conversion():
    scale = Scale(lambda at, gain: 0)
    scale.begin(ctrl1=0x87)  # CRP: DRDY low active
    assert scale.chip.level() == 1
    scale.clock.charge(12500)
    assert scale.chip.level() == 0
    scale.get(_ADCO, 2)
    assert scale.chip.level() == 0
    scale.get(_ADCO, 3)
    assert scale.chip.level() == 1
    scale.chip.reset(scale.clock.now_us)
    assert scale.chip.level() == 0  # high active, not ready


def test_a_conversion_between_two_bytes_tears_the_word():
    word = [0x111111 - 5000]
    scale = Scale(lambda at, gain: word[0])
    scale.begin()
    scale.clock.charge(200000)
    word[0] = 0x222222 - 5000
    # Five bytes of 23 us come before the end of the first one of the word.
    scale.clock.charge(scale.chip.next_us - scale.clock.now_us - 100)
    assert scale.get(_ADCO, 3) == [0x11, 0x22, 0x22]


def test_calibration_takes_its_time_and_is_another_one_each_time():
    scale = Scale(lambda at, gain: 100000)
    scale.begin()
    found = []
    for _ in range(2):
        scale.put(_CTRL2, 0x34)
        assert scale.get(_CTRL2) == [0x34]
        scale.clock.charge(CALIBRATION_US)
        assert scale.get(_CTRL2) == [0x30]
        found.append(scale.get(_OCAL, 3))
        scale.clock.charge(200000)
        scale.get(_ADCO, 3)
        scale.wait()
        # The output is measurement less OCAL: within 0.5 % of 0.512 of full scale.
        assert 0 < abs(scale.counts() - 100000) <= 21475
    assert found[0] != found[1]
    assert scale.chip.calibrations == 2


def test_calibration_of_the_system_takes_offset_and_gain_from_the_input():
    level = [50000]
    scale = Scale(lambda at, gain: level[0])
    scale.begin()
    scale.put(_CTRL2, 0x36)
    scale.clock.charge(CALIBRATION_US + 100000)
    scale.get(_ADCO, 3)
    scale.wait()
    assert scale.counts() == 0
    level[0] = -1000
    scale.put(_CTRL2, 0x37)
    scale.clock.charge(CALIBRATION_US)
    assert scale.get(_CTRL2)[0] & 0x08  # CAL_ERR: gain below zero


def test_offset_is_sign_and_magnitude_and_gain_is_in_units_of_two_to_minus_23():
    scale = Scale(lambda at, gain: 100000 - 5000)
    scale.begin()
    scale.put(_OCAL, 0x80, 0x27, 0x10)  # -10000
    scale.put(_GCAL, 0x00, 0x40, 0x00, 0x00)  # 0.5
    scale.clock.charge(200000)
    scale.get(_ADCO, 3)
    scale.wait()
    assert scale.counts() == 55000


def test_temperature_is_109_mv_and_360_uv_per_degree():
    for celsius, microvolts in ((25, 109000), (35, 112600), (-5, 98200)):
        scale = Scale(lambda at, gain: 1)
        scale.chip.temperature_mc = celsius * 1000
        scale.begin(ctrl1=0x01)  # gain 2
        scale.put(_OCAL, 0, 5000 >> 8, 5000 & 0xFF)
        scale.put(_TS, 0x02)
        scale.clock.charge(200000)
        scale.get(_ADCO, 3)
        scale.wait()
        assert abs(scale.counts() - microvolts * 2 / 2500000 * 2**23) < 2


def test_shorted_inputs_and_burn_out_current():
    scale = Scale(lambda at, gain: 1000000)
    scale.put(_OCAL, 0, 5000 >> 8, 5000 & 0xFF)

    def settled(inputs):
        scale.begin()
        scale.put(_OCAL, 0, 5000 >> 8, 5000 & 0xFF)
        scale.put(_TS, inputs)
        scale.clock.charge(200000)
        scale.get(_ADCO, 3)
        scale.wait()
        return scale.counts()

    assert settled(0x08) == 0  # SI
    # 2.5 uA through 350 ohm is 0.875 mV; full scale at gain 128 and 5 V is 19.53 mV.
    assert abs(settled(0x04) - 1000000 - 0.875 / 19.53125 * 2**23) < 2
    scale.chip.bridge_ohm = 0
    assert settled(0x04) == 0x7FFFFF - 5000  # full scale, less OCAL


class Bridge:
    """An ADS1220 on its bus."""

    def __init__(self, convert):
        self.clock = Clock()
        self.chip = self.clock.chip = ADS1220Chip(convert)
        self.lines = SPILines(self.clock)
        self.lines.chip = self.chip
        self.spi = SPI(self.lines)
        self.clock.charge(100)

    def send(self, *data):
        buffer = bytearray(len(data))
        self.chip.select(0)
        self.spi.write_readinto(bytes(data), buffer)
        self.chip.select(1)
        return list(buffer)

    def counts(self):
        word = int.from_bytes(bytes(self.send(0x10, 0, 0, 0)[1:]), "big")
        return word - 0x1000000 if word & 0x800000 else word

    def settled(self, *registers):
        self.send(0x43, *registers)
        self.send(0x08)
        self.clock.charge(60000)
        return self.counts()


def test_ads1220_converts_once_after_power_up_and_then_waits():
    bridge = Bridge(lambda at, gain: 7)
    bridge.clock.charge(200000)
    assert bridge.chip.conversions == 1
    assert bridge.send(0x23, 0, 0, 0, 0)[1:] == [0, 0, 0, 0]


def test_ads1220_conversion_times_are_the_data_sheets():
    # Milliseconds from one DRDY to the next, continuous, normal mode (table 'Conversion Times').
    times = (49.99, 22.25, 11.26, 5.78, 3.04, 1.68, 1.01)
    for code, ms in enumerate(times):
        bridge = Bridge(lambda at, gain: 0)
        bridge.send(0x43, 0x0E, code << 5 | 4, 0, 0)
        bridge.send(0x08)
        bridge.clock.charge(60000)
        first = bridge.chip.next_us
        bridge.clock.charge(first - bridge.clock.now_us)
        assert abs(bridge.chip.next_us - first - ms * 1000) <= 6, ms


def test_ads1220_registers_are_written_and_read_back_in_any_number():
    bridge = Bridge(lambda at, gain: 0)
    bridge.send(0x43, 0x3E, 0x04, 0x10, 0x02)
    assert bridge.send(0x23, 0, 0, 0, 0)[1:] == [0x3E, 0x04, 0x10, 0x02]
    bridge.send(0x44, 0x24)  # register 1 alone
    assert bridge.send(0x24, 0)[1:] == [0x24]
    assert bridge.send(0x29, 0, 0)[1:] == [0x10, 0x02]
    bridge.send(0x06)
    bridge.clock.charge(58)
    assert bridge.send(0x23, 0, 0, 0, 0)[1:] == [0, 0, 0, 0]


def test_ads1220_hears_nothing_for_50_us_after_a_reset():
    bridge = Bridge(lambda at, gain: 0)
    bridge.send(0x06)
    bridge.send(0x43, 0x0E, 0x04, 0, 0)
    bridge.clock.charge(100)
    assert bridge.send(0x20, 0)[1:] == [0]


def test_ads1220_drdy_falls_with_a_result_and_rises_with_the_next_clock():
    bridge = Bridge(lambda at, gain: -2)
    bridge.send(0x43, 0x0E, 0xC4, 0x40, 0)
    bridge.send(0x08)
    assert bridge.chip.drdy == 1
    bridge.clock.charge(1200)
    assert bridge.chip.drdy == 0
    bridge.send(0)
    assert bridge.chip.drdy == 1
    edges = len(bridge.clock.edges)
    for _ in range(101):
        bridge.clock.charge(100)
    assert len(bridge.clock.edges) - edges == 10  # it pulses high when nobody reads


def test_ads1220_result_is_shifted_out_with_and_without_a_command():
    bridge = Bridge(lambda at, gain: -2 - 40)  # the model measures 40 too much
    assert bridge.settled(0x0E, 0x04, 0x40, 0) == -2
    bridge.clock.charge(50000)
    assert bridge.send(0, 0, 0) == [0xFF, 0xFF, 0xFE]


def test_ads1220_shorted_inputs_supply_and_temperature():
    bridge = Bridge(lambda at, gain: 1000000)
    assert bridge.settled(0xEE, 0x04, 0x40, 0) == 40
    bridge.chip.supply_mv = 3300
    # 3.3 V / 4 against 2.048 V
    assert abs(bridge.settled(0xD0, 0x04, 0, 0) - 0.825 / 2.048 * 2**23) < 2
    for celsius, code in ((25, 0x0320), (-25, 0x3CE0), (50, 0x0640), (0, 0)):
        bridge.chip.temperature_mc = celsius * 1000
        assert bridge.settled(0x0E, 0x06, 0x40, 0) >> 10 & 0x3FFF == code


def test_ads1220_burn_out_sources_find_an_open_bridge():
    bridge = Bridge(lambda at, gain: -40)
    # 10 uA through 350 ohm is 3.5 mV; full scale at gain 128 and 5 V is 39.06 mV.
    assert abs(bridge.settled(0x0E, 0x05, 0x40, 0) - 3.5 / 39.0625 * 2**23) < 2
    bridge.chip.bridge_ohm = 0
    assert bridge.settled(0x0E, 0x05, 0x40, 0) == 0x7FFFFF


def test_ads1220_write_restarts_the_conversion_and_powerdown_ends_it():
    bridge = Bridge(lambda at, gain: 0)
    bridge.settled(0x0E, 0x04, 0x40, 0)
    due = bridge.chip.next_us
    bridge.send(0x40, 0x0E)
    assert bridge.chip.next_us > due
    bridge.send(0x02)
    before = bridge.chip.conversions
    bridge.clock.charge(200000)
    assert bridge.chip.conversions == before
    bridge.send(0x08)
    bridge.clock.charge(60000)
    assert bridge.chip.conversions == before + 1

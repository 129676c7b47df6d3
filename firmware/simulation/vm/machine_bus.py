"""machine.I2C, SoftI2C, SPI and SoftSPI of the virtual board.

Owns: which lines lie on which pins. Refuses: nothing; on pins without a bus nobody answers.
Units: hertz, microseconds. A transfer charges its time on the wire and allocates nothing.
"""

import board_time
import bus


class _Clock:
    """Board time as bus.py sees it."""

    @property
    def now_us(self):
        """Microseconds."""
        return board_time.now_us

    def charge(self, microseconds):
        """A byte is on the wire."""
        board_time.charge(microseconds)


clock = _Clock()
_lines = {}  # pin of SDA or SCK -> lines


def i2c_lines(sda):
    """The I2C lines on this pin of SDA, made when they are first asked for."""
    if sda not in _lines:
        _lines[sda] = bus.I2CLines(clock)
    return _lines[sda]


def spi_lines(sck):
    """The SPI lines on this pin of SCK, made when they are first asked for."""
    if sck not in _lines:
        _lines[sck] = bus.SPILines(clock)
    return _lines[sck]


def _number(pin):
    return pin if isinstance(pin, int) else pin.number


class SoftI2C(bus.SoftI2C):
    """I2C on any pins."""

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        bus.SoftI2C.__init__(self, i2c_lines(_number(sda)), freq, timeout)


class I2C(bus.I2C):
    """One of the processor's I2C peripherals."""

    def __init__(self, number, *, scl, sda, freq=400000, timeout=50000):
        bus.I2C.__init__(self, i2c_lines(_number(sda)), freq, timeout)


class SoftSPI(bus.SPI):
    """SPI on any pins."""

    def __init__(self, baudrate=500000, *, polarity=0, phase=0, sck, mosi, miso):
        bus.SPI.__init__(self, spi_lines(_number(sck)), baudrate)
        self._lines.mode = polarity << 1 | phase


class SPI(SoftSPI):
    """One of the processor's SPI peripherals."""

    def __init__(self, number, baudrate=1000000, *, polarity=0, phase=0, sck, mosi, miso):
        SoftSPI.__init__(
            self, baudrate, polarity=polarity, phase=phase, sck=sck, mosi=mosi, miso=miso
        )

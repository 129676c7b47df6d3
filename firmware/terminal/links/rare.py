"""Commands of the service line that come once in a while; loaded for each of them.

Owns: turning their words into operations. Refuses: as `service`. Units: as in the protocol.
Each function takes the service, the link and the arguments, and gives words or work.
"""

from binascii import a2b_base64, unhexlify

from steelyard_wire import codes, commands, line
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.links import state
from terminal.links.service import base64, from_text, number


def help(_service, _link, args) -> list:
    if not args:
        return [entry[0] for entry in commands.COMMANDS]
    from steelyard_wire.usage import USAGE

    return [line.quote(text) for text in USAGE[commands.lookup(args[0].upper())[0]]]


def trace(service, link, args):
    trace = (service.terminal, link, number(args[0]))
    return cold.call("terminal.links.trace", "trace_steps", *trace)


def extend(service, _link, _args) -> list:
    service.terminal.extend()
    return []


def _network(service):
    """The network; Refused(NO_NETWORK) on a board without."""
    if service.network is None:
        raise Refused(codes.NO_NETWORK, "")
    return service.network


def network(service, _link, _args) -> list:
    return _network(service).words()


def receipt(service, _link, args) -> list:
    root = from_text(unhexlify, args[1], "the root is hex")
    receipt = (service.terminal, number(args[0]), root, args[2])
    return ["receipted=%d" % cold.call("terminal.receipts", "take", *receipt)]


def void(service, _link, args):
    return _written(service, "void_steps", number(args[0]))


def dayclose(service, _link, _args):
    return _written(service, "day_close_steps")


def witness(service, _link, args):
    key_id = from_text(unhexlify, args[1], "the key id is hex")
    signature = from_text(a2b_base64, args[4], "the signature is base64")
    said = (args[0], key_id, number(args[2]), number(args[3]), signature)
    return _written(service, "witness_steps", *said)


def retire(service, _link, args):
    successor = None if args[0] == "-" else from_text(unhexlify, args[0], "a device id is hex")
    return _written(service, "retire_steps", successor, args[1])


def _written(service, what: str, *args):
    n, envelope = yield from cold.call("terminal.closing", what, service.terminal, *args)
    return ["n=%d" % n, base64(envelope)]


def checkpoint(service, _link, _args):
    steps = cold.call("terminal.closing", "checkpoint_steps", service.terminal)
    size, root, signature = yield from steps
    return ["size=%d" % size, "root=" + state.as_hex(root), base64(signature)]


def stream(service, _link, args):
    nonce = service.nonce(args, 2)
    stream = (service.terminal, number(args[0]), number(args[1]), nonce)
    return cold.call("terminal.links.stream", "stream_steps", *stream)


def config(service, _link, args) -> list:
    config = service.terminal.config
    names = [args[0].lower()] if args else config.names()
    words = ["%s=%s" % (name, line.quote(str(config.get(name)))) for name in names]
    cold.forget("terminal.weighing.parameters")
    return words


def converter(service, _link, args) -> list:
    return [cold.call("terminal.links.converter", "ask", service.terminal, args[0].upper())]


def commission(service, _link, args):
    n, _ = yield from service.terminal.change("commission", args)
    return ["n=%d" % n]


def time(service, _link, _args) -> list:
    clock = service.terminal.clock
    utc = clock.utc()
    status, error = clock.quality()
    return [
        "utc=%s" % ("-" if utc is None else utc),
        "ts=%d" % status,
        "error_s=%s" % ("-" if error is None else error),
        "up_ms=%d" % clock.up_ms(),
    ]


def settime(service, _link, args):
    n, _ = yield from service.terminal.change("set_time", number(args[0]))
    return ["n=%d" % n]


def wifi(service, _link, args) -> list:
    network = _network(service)
    if args[0].upper() == "SET" and len(args) == 3:
        network.set_credentials(args[1], args[2])
    elif args[0].upper() == "CLEAR" and len(args) == 1:
        network.clear_credentials()
    else:
        raise commands.wrong("WIFI")
    return []


def provision(service, _link, args):
    entropy = from_text(a2b_base64, args[1], "the entropy is base64")
    link_key = from_text(a2b_base64, args[2], "the link key is base64")
    unlock_key = from_text(a2b_base64, args[3], "the unlock key is base64") if args[3:] else b""
    secrets = (entropy, link_key, unlock_key)
    n, envelope = yield from service.terminal.provision_steps(args[0], *secrets)
    return ["n=%d" % n, base64(envelope)]


def update(service, _link, args):
    return cold.call("terminal.links.updating", "answer", service, args)

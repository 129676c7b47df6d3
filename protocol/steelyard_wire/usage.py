"""How each command of the service line is typed, and what it is for.

Owns: these texts. Refuses: nothing. Units: none.

A terminal loads it when somebody asks for help or is wrong, and lets go of it.
"""

# Usage and help of a command.
USAGE = {
    "HELP": ("HELP [name]", "list the commands, or explain one"),
    "ID": ("ID", "who the terminal is"),
    "STATUS": ("STATUS", "how the terminal is"),
    "READ": ("READ [unit]", "the weight now; not registered"),
    "FAULTS": ("FAULTS", "converter faults counted since the start"),
    "TRACE": ("TRACE ms", "raw samples of the converter, for so long"),
    "SESSION": ("SESSION", "begin a session: a new nonce"),
    "RECORDS": ("RECORDS", "which records there are"),
    "RECORD": ("RECORD n", "one signed record"),
    "RECEIPT": ("RECEIPT n root code", "records 0 to n - 1 are in a database"),
    "CONFIG": ("CONFIG [name]", "the parameters, or one"),
    "TIME": ("TIME", "the clock"),
    "NETWORK": ("NETWORK", "the state of the network"),
    "SEALS": ("SEALS", "seal, lock, codes and verification"),
    "CHALLENGE": ("CHALLENGE", "a new nonce for GRANT"),
    "GRANT": ("GRANT level keyid signature", "prove a key and be given its level"),
    "LEAVE": ("LEAVE", "give the level back"),
    "UNLOCK": ("UNLOCK token|PRODUCTION|REPAIR|VERIFICATION digits [code]", "after an opening"),
    "STATEMENT": ("STATEMENT offset data|TAKE kind", "send a signed statement, have it taken"),
    "REGISTER": ("REGISTER [nonce]", "sign and keep the weight now"),
    "VOID": ("VOID n", "take a reading back"),
    "STREAM": ("STREAM ms count [nonce]", "sign readings so far apart, at most 60"),
    "CHECKPOINT": ("CHECKPOINT", "sign size and root of the tree"),
    "DAYCLOSE": ("DAYCLOSE", "close the day with a record"),
    "WITNESS": ("WITNESS name keyid size time signature", "keep what a witness signed"),
    "ZERO": ("ZERO", "set zero"),
    "TARE": ("TARE [quantity unit|CLEAR]", "tare the load, or as keyed; clear"),
    "EXTEND": ("EXTEND", "show tenths of d for 5 s"),
    "CAL": (
        "CAL BEGIN|KEEP|ZERO|SPAN quantity unit [reference]|UNDO|CELL mV/V capacity unit"
        "|GRAVITY here there|TEMPERATURE zero span lag coldest warmest|FIT SEGMENTS|FIT LINE"
        "|CHECK quantity unit|COMMIT [UNCHECKED]|ROLLBACK|ABORT|STATUS",
        "calibrate, step by step",
    ),
    "CONVERTER": (
        "CONVERTER TEST|TEMPERATURE|RECALIBRATE",
        "try the converter, or have it calibrate itself",
    ),
    "SET": ("SET name value ...", "change a parameter, or those of the scale"),
    "COMMISSION": (
        "COMMISSION profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms",
        "store what a commissioning found",
    ),
    "SETTIME": ("SETTIME utc", "set the clock, s since 1970"),
    "WIFI": ("WIFI SET ssid psk|CLEAR", "the network to join"),
    "RESET": ("RESET", "start again"),
    "PROVISION": (
        "PROVISION serial entropy linkkey [unlockkey]",
        "make the key; the secrets are 32 bytes in base64",
    ),
    "SEAL": ("SEAL", "close everything but the service line"),
    "UNSEAL": ("UNSEAL reason", "open it again"),
    "RETIRE": ("RETIRE successor|- reason", "sign the last record of this key"),
    "UPDATE": (
        "UPDATE STATUS|BEGIN size|MANIFEST offset data|PUT offset data|APPLY|ABORT",
        "take a signed release, piece by piece in base64",
    ),
}

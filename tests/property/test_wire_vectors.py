"""The computed golden cases are what their generator makes, and it notices when they are not."""

import base64
import itertools
import shutil
from pathlib import Path

import check
from steelyard import trace
from steelyard.generate import vector_files, vectors
from steelyard_wire import auth, line


def test_the_files_are_what_the_generator_makes():
    assert vectors.main(["--check"]) == 0


def test_a_changed_file_is_named(tmp_path: Path, monkeypatch, capsys):
    folder = tmp_path / "vectors"
    shutil.copytree(vector_files.VECTORS, folder)
    monkeypatch.setattr(vector_files, "VECTORS", folder)
    path = folder / "record.json"
    path.write_text(path.read_text("utf-8").replace("d28443", "d28444", 1), "utf-8")
    (folder / "line.json").unlink()
    assert vectors.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "record.json" in said and "line.json" in said and "session.json" not in said
    assert vectors.main([]) == 0
    assert vectors.main(["--check"]) == 0


def test_the_exchange_is_a_session():
    content = check.vectors("session")
    nonce = b""
    last = 0
    for item in content["exchange"]:
        raw = item["line"].encode()
        if item["from"] == "terminal":
            reply = line.parse_reply(raw)
            assert (reply.tag, reply.kind) == (last, "OK")
            nonce = bytes.fromhex(reply.values.get("nonce", nonce.hex()))
            if "n" in reply.values:
                envelope = check.vectors("record")["records"][3]["envelope"]
                assert base64.b64decode(reply.words[1], validate=True) == envelope
            continue
        command = line.parse(raw)
        assert command.has_crc and command.tag > last
        last = command.tag
        if nonce:
            key = content["key"][0]
            assert auth.session_mac(key, nonce, command.signed_text) == command.mac


def test_a_host_reads_the_trace():
    content = check.vectors("trace")
    replies = [line.parse_reply(text.encode()) for text in content["replies"]]
    *blocks, end = replies
    assert {reply.kind for reply in blocks} == {"PROGRESS"} and end.kind == "OK"
    found = trace.decode([word for reply in blocks for word in reply.words], 0)
    assert len(found) == int(end.values["samples"]) == len(content["samples"])
    samples = [case["sample"] for case in content["samples"]]
    assert found.counts.tolist() == [counts for counts, _, _ in samples]
    assert found.faults.tolist() == [fault for _, _, fault in samples]
    apart = [(b[1] - a[1]) % 2**30 for a, b in itertools.pairwise(samples)]
    assert [min(step, 65535) for step in apart] == [
        round(b - a) for a, b in itertools.pairwise(found.times_ms.tolist())
    ]

#!/usr/bin/env python3
"""threads.py REGISTRY COMMAND SECONDS: a registry and a gate under all that the tests of this folder ask of them, for a while, and stopped in
the midst of it. For builds with ThreadSanitizer, whose reports fail it."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
import kill_gate
import kill_registry
from gate_client import KeyFile
from local_gate import Gate, hospital
from witness import Witness, expect


def no_reports(name, text):
    expect(f"{name} has no race:\n{text[:8000]}", "ThreadSanitizer" not in text)


def main(registry_program, command, seconds):
    os.environ.setdefault("TSAN_OPTIONS", "report_signal_unsafe=0")
    with hospital(registry_program, kill_registry.AUTHORITY, signoff_to_release_s=3600) as scene:
        registry = scene.registry
        key = KeyFile(command, registry.parent, kill_gate.DEPLOYMENT)
        scene.app(kill_gate.DEPLOYMENT, vkey=key.vkey)
        sender = kill_registry.Sender(scene.app("deploy-2"))
        people = [scene.clinician() for _ in range(3)]
        people = [(person, registry.client().credential(person.key).ok(200)["credential"]) for person in people]
        root = registry.client().get("/trust/1").ok(200)
        gate = Gate(command, registry, kill_gate.DEPLOYMENT, *key.options)
        try:
            gate.start().ready()
            witness = Witness(root)
            witness.check(registry.client())
            book = kill_registry.Book(registry)
            loads = [kill_registry.Load(registry, scene, book, witness, sender, []), kill_gate.Load(gate, people, kill_gate.Book())]
            for load in loads:
                load.start()
            end = time.monotonic() + seconds
            while time.monotonic() < end and not any(load.failures for load in loads):
                time.sleep(0.1)  # that long is the point
            for name, process in (("the gate", gate.process), ("the registry", registry.process)):
                process.terminate()
                process.wait(60)
                print(f"{name} ended with {process.returncode}", flush=True)
            for load in loads:
                load.wait()
            print(f"{len(loads[1].book.permits)} permits, {book.counts}", flush=True)
            no_reports("the gate", gate.said())
            no_reports("the registry", registry.log())
            expect("both ended well", gate.process.returncode == 0 and registry.process.returncode == 0)
        finally:
            gate.kill()
        registry.kill()
        registry.fsck()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

#!/usr/bin/env node
// app.mjs GATE DOCUMENT REQUEST [SIGN_OFF]…: an AI app asks its local gate whether a document may leave, and obeys.
// GATE is what `countersign gate` printed: 127.0.0.1:PORT, or unix:PATH. Prints the gate's answer; exit code 0 only for a permit.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";

function uuid7() {
  const bytes = Buffer.concat([Buffer.alloc(6), randomBytes(10)]);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function call(gate, path, body) {
  const text = JSON.stringify(body);
  const [host, port] = gate.split(":");
  const where = host === "unix" ? { socketPath: gate.slice(5) } : { host, port };
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    request({ ...where, path, method: "POST", headers }, async (answer) => {
      let whole = "";
      for await (const part of answer.setEncoding("utf8")) whole += part;
      resolve(JSON.parse(whole));
    }).on("error", reject).end(text);
  });
}

/** What the gate says: a permit for these bytes, now, or why not. One request a signer, and the sign-offs in the same order. */
export function mayLeave(gate, document, requests, signOffs) {
  const { act, setting, jurisdiction, site, tool, audience, request_id } = requests[0];
  return call(gate, "/release", {
    release_id: uuid7(), act, setting, jurisdiction, site, tool, audience, request_id, requests,
    sign_offs: signOffs.map((signOff) => ({ entry: 0, ...signOff })),
    document: document.toString("base64url"),
  });
}

const [gate, document, ...files] = process.argv.slice(2);
const objects = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
const decision = await mayLeave(gate, readFileSync(document),
  objects.filter((o) => !("sign_off" in o)), objects.filter((o) => "sign_off" in o));
console.log(JSON.stringify(decision));
if (decision.verdict !== "allow") process.exit(1); // also when the answer is a problem: only a permit lets go
// Here the document leaves; then the gate hears what became of it.
await call(gate, "/outcome", { release_id: decision.release_id, outcome: "released" });

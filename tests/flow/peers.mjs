// peers.mjs: what others' libraries make of what we issue. Reads one JSON from standard input, written by peers.py; prints what held.
// jose reads the JWKS, the credential, the sign-off and the status list token; @sd-jwt/sd-jwt-vc the credential with its disclosures, the
// key binding and its status; @sd-jwt/jwt-status-list the list.
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const jose = await import(pathToFileURL(require.resolve("jose")).href);
const { SDJwtVcInstance } = require("@sd-jwt/sd-jwt-vc");
const { StatusList } = require("@sd-jwt/jwt-status-list");
const given = JSON.parse(readFileSync(0, "utf8"));
const held = [];

const ed25519 = (jwk) => async (data, signature) =>
  verifySignature(null, Buffer.from(data), createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "base64url"));

// --- jose: the JWKS and what its key signed ---
const [issuerJwt] = given.credential.split("~");
const jwks = jose.createLocalJWKSet(given.jwks);
const { payload, protectedHeader } = await jose.compactVerify(issuerJwt, jwks).then((r) => ({
  payload: JSON.parse(new TextDecoder().decode(r.payload)), protectedHeader: r.protectedHeader }));
assert.equal(protectedHeader.kid, await jose.calculateJwkThumbprint(given.jwks.keys[0]));
assert.equal(payload.iss, given.iss);
held.push("jose: JWKS, credential");
await assert.rejects(jose.compactVerify(issuerJwt.slice(0, -4) + (issuerJwt.endsWith("AAAA") ? "BBBB" : "AAAA"), jwks));

const keyBinding = given.signOff.split("~").at(-1);
await jose.compactVerify(keyBinding, await jose.importJWK(payload.cnf.jwk, "Ed25519"));
held.push("jose: sign-off by the key of cnf");

// This library verifies credential and list with one function: the key is told by the kid of each.
const byKid = async (data, signature) => {
  const { kid } = JSON.parse(Buffer.from(data.split(".")[0], "base64url"));
  const key = kid === given.jwks.keys[0].kid ? given.jwks.keys[0] : given.listKey;
  assert.equal(kid, await jose.calculateJwkThumbprint(key));
  return ed25519(key)(data, signature);
};

// --- @sd-jwt/sd-jwt-vc: disclosures, key binding ---
const hasher = (data, algorithm) => createHash(algorithm.replace("-", "")).update(Buffer.from(data)).digest();
const instance = new SDJwtVcInstance({
  hasher, hashAlg: "sha-256", verifier: byKid, kbVerifier: (data, signature, of) => ed25519(of.cnf.jwk)(data, signature),
  statusListFetcher: async (uri) => { assert.equal(uri, payload.status.status_list.uri); return given.list; },
  statusValidator: async (status) => { if (status !== 0) throw new Error("status " + status); },
});
const seen = await instance.verify(given.signOff, ["name"], true);
assert.equal((seen.payload ?? seen).name, given.name);
held.push("sd-jwt-vc: credential, disclosures, key binding, status 0");
await assert.rejects(instance.verify(given.endedSignOff, ["name"], true), /status 2/);
held.push("sd-jwt-vc: status 2 of a suspended one");

// --- the list itself ---
const list = await jose.compactVerify(given.list, await jose.importJWK(given.listKey, "EdDSA"));
assert.equal(list.protectedHeader.typ, "statuslist+jwt");
const claims = JSON.parse(new TextDecoder().decode(list.payload));
assert.equal(claims.sub, payload.status.status_list.uri);
const decoded = StatusList.decompressStatusList(claims.status_list.lst, claims.status_list.bits);
for (const [idx, value] of Object.entries(given.statuses)) assert.equal(decoded.getStatus(Number(idx)), value, "index " + idx);
held.push(`jwt-status-list: ${Object.keys(given.statuses).length} entries`);
console.log(held.join("\n"));

"""What the groups share: the base world, its people, and short names."""
import hashlib
import json

from profile import *  # noqa: F401,F403
from profile import NOW, Key, Release, Slot, b64u, jtext, sha, unb64u, utf8
from world import (DAY, EPOCH, EVIDENCE, NONCE, PHARMACIST, RADIOLOGY, World, base, deny,  # noqa: F401
                   policy, rule, signer)

BASE = base()
PEOPLE = BASE.people
A, B, C, D, E = (PEOPLE[name] for name in 'abcde')
BOTH = ('name', 'licence_number')
FHIR = 'application/fhir+json'


def release(*slots, world=BASE, **options):
    """A release signed by the physician a, unless slots say otherwise."""
    return Release(world, *(slots or (Slot(A),)), **options)


def S(person=A, **options):
    return Slot(person, **options)


def put(*path_and_value):
    """A hook that sets a member, given by its path."""
    *path, value = path_and_value

    def hook(thing):
        for step in path[:-1]:
            thing = thing[step]
        thing[path[-1]] = value
    return hook


def drop(*path):
    def hook(thing):
        for step in path[:-1]:
            thing = thing[step]
        del thing[path[-1]]
    return hook


def swap(old, new, count=1):
    """A hook on a text: the first `old` becomes `new`; it must be there."""
    def hook(text):
        old_, new_ = (utf8(old), utf8(new)) if isinstance(text, bytes) or isinstance(new, bytes) else (old, new)
        text = utf8(text) if isinstance(old_, bytes) else text
        assert old_ in text, (old, text)
        return text.replace(old_, new_, count)
    return hook


def draft_of(data):
    return {'digest': b64u(sha(data)), 'digest_alg': 'sha-256'}


def flip(text, place):
    """Another base64url character at this place of a token; the tail bits of a last character stay zero."""
    alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    i = place if place >= 0 else len(text) + place
    return text[:i] + alphabet[alphabet.index(text[i]) ^ 32] + text[i + 1:]


def uncosigned(world, leaves):
    """The step that appends leaves on the log's signature alone."""
    return [{'event': world.log.copy().event(list(leaves))}]


def later(world, leaves, *times, now=None, policies=(), fresh=None):
    """Steps that append leaves to the world's log, vouched for as of its evidence, and the log as it then is."""
    log = world.log.copy()
    steps = [{'event': log.event(list(leaves), *(times or (EVIDENCE, EVIDENCE)))}]
    steps += [{'policy': note} for note in policies]
    return steps, log


def seg(place, f, of='issuer'):
    """A hook that changes one segment of a JWT and signs what it has become."""
    def hook(text, slot):
        parts = text.split('.')
        parts[place] = f(parts[place])
        if place < 2:
            key = (slot.kb_key or slot.person.key) if of == 'holder' else (slot.issuer or slot.person.issuer)
            parts[2] = b64u(key.sign('.'.join(parts[:2]).encode()))
        return '.'.join(parts)
    return hook


def tail(text):
    """The same bytes, not canonical: an unused bit of the last character is set."""
    alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    assert len(text) % 4 in (2, 3)
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def spaced(value):
    """JSON with blanks behind it until its base64url has unused bits."""
    text = value if isinstance(value, str) else jtext(value)
    while len(text.encode()) % 3 != 1:
        text += ' '
    return text


def sig(f, of='issuer'):
    """A hook on the signature's bytes: f(signature, signing input, key)."""
    def hook(text, slot):
        signed, _, last = text.rpartition('.')
        key = (slot.kb_key or slot.person.key) if of == 'holder' else (slot.issuer or slot.person.issuer)
        return signed + '.' + b64u(f(unb64u(last), signed.encode(), key))
    return hook

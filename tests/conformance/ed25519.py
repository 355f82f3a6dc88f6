"""Ed25519 by hand, for the keys and signatures that no sound library makes. Slow, and only for tests."""
import hashlib

from profile import thumbprint, b64u, sha

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
DD = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover(y, odd):
    u, v = (y * y - 1) % P, (DD * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT % P
    if v * x * x % P != u:
        return None
    return (P - x) % P if x % 2 != odd else x


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = DD * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k + P, P - 2, P) % P)


def times(n, a):
    out = (0, 1)
    while n:
        if n & 1:
            out = add(out, a)
        a = add(a, a)
        n >>= 1
    return out


def encode(a):
    return (a[1] | (a[0] & 1) << 255).to_bytes(32, 'little')


BASE_POINT = (recover(4 * pow(5, P - 2, P) % P, 0), 4 * pow(5, P - 2, P) % P)


def torsion():
    """A generator of the eight points of small order."""
    y = 2
    while True:
        x = recover(y, 0)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != (0, 1):
                return point
        y += 1


def small_order():
    point = torsion()
    return [encode(times(i, point)) for i in range(8)]


class MixedKey:
    """A + T with T of order 8: its signatures verify where the hash is a multiple of 8, unless the key is checked."""

    def __init__(self, label):
        self.label = label
        digest = hashlib.sha512(sha(label.encode())).digest()
        self.scalar = int.from_bytes(digest[:32], 'little') & (2 ** 254 - 8) | 2 ** 254
        self.public = encode(add(times(self.scalar, BASE_POINT), torsion()))
        self.x, self.thumbprint = b64u(self.public), thumbprint(self.public)
        self.jwk = {'kty': 'OKP', 'crv': 'Ed25519', 'x': self.x}

    def sign(self, data):
        for i in range(1, 1000):
            nonce = int.from_bytes(hashlib.sha512(b'%d' % i + data).digest(), 'little') % L
            r = encode(times(nonce, BASE_POINT))
            h = int.from_bytes(hashlib.sha512(r + self.public + data).digest(), 'little') % L
            if h % 8 == 0:
                return r + ((nonce + h * self.scalar) % L).to_bytes(32, 'little')
        raise RuntimeError('no signature found')


def malleated(signature):
    """The same signature with S + L."""
    s = int.from_bytes(signature[32:], 'little') + L
    return signature[:32] + s.to_bytes(32, 'little')

"""LOG 6.2: the container of every signed thing. Tried with checkpoints, for they are short."""
import base64

from groups.common import *
from groups.evidence import small
from profile import Signer, checkpoint_text, note, signature_line


def cases(book):
    w = small('notes')
    text = checkpoint_text(w.log.origin, len(w.log.leaves), w.log.root())
    log = w.log_signer.line(text)
    cosig = w.fresh[0].line(text, NOW - 1)
    whole = note(text, log, cosig)

    def bad(name, changed, code='note-malformed'):
        assert changed != whole
        book.case('note-' + name, 'LOG 6.2', w, steps=[{'checkpoint': changed, 'expect': code}])

    def ok(name, changed):
        """The heartbeat in it counts."""
        book.case('note-' + name, 'LOG 6.2', w, release(S(w.people['a']), world=w), now=NOW + 58, steps=[{'checkpoint': changed}])

    def strangers(n):
        return [Signer('stranger-%d.test' % i, Key('stranger %d' % i)).line(text) for i in range(n)]
    ok('sound', whole)
    ok('lines-in-other-order', note(text, cosig, log))
    ok('with-16-signatures', note(text, *strangers(14), log, cosig))
    root = w.root.copy(version=2)
    crowd = [signature_line('s-%d.test' % i, sha(b'%d' % i) * 2 + b'sign') for i in range(99)]
    mine = [key.line(root.text()) for key in w.root_keys[:2]]
    book.case('note-with-100-signatures', 'LOG 6.2', w, release(S(w.people['a']), world=w), steps=[
        {'root': note(root.text(), *crowd[:98], *mine)}])
    book.case('note-with-101-signatures', 'LOG 6.2', w, steps=[
        {'root': note(root.text(), *crowd, *mine), 'expect': 'note-malformed'}])
    ok('stranger-of-the-same-name', note(text, Signer(w.log.origin, Key('stranger')).line(text), log, cosig))
    bad('without-blank-line', text + log)
    bad('without-signatures', text + '\n')
    bad('of-signatures-only', '\n' + log)
    bad('two-blank-lines', text + '\n\n' + log, 'note-signature-bad')
    bad('without-last-newline', whole[:-1])
    bad('trailing-line', whole + 'x\n')
    bad('trailing-newline', whole + '\n')
    bad('crlf', whole.replace('\n', '\r\n'))
    bad('tab-in-text', whole.replace('\n', '\t\n', 1))
    bad('control-byte-in-text', whole.replace('\n', '\x01\n', 1))
    bad('control-byte-in-signatures', note(text, log.replace(' status', ' \x01status', 1)))
    bad('hyphen-for-dash', note(text, log.replace('\u2014', '-')))
    bad('en-dash-for-dash', note(text, log.replace('\u2014', '\u2013')))
    bad('line-without-name', note(text, '\u2014  ' + log.rsplit(' ', 1)[1]))
    bad('name-with-plus', note(text, log, signature_line('a+b', draw('s', 68))))
    bad('name-with-unicode-space', note(text, log, signature_line('a\u00a0b', draw('s', 68))))
    bad('line-of-four-words', note(text, log[:-1] + ' x\n'))
    sound = base64.b64decode(log.rsplit(' ', 1)[1])
    assert len(sound) % 3 == 2

    def raw(b):
        return note(text, '\u2014 %s %s\n' % (w.log.origin, b))
    std = base64.b64encode(sound).decode()
    bad('signature-without-padding', raw(std.rstrip('=')))
    bad('signature-base64url', raw(base64.urlsafe_b64encode(b'\xff' + sound).decode()))
    bad('signature-tail-bits', raw(std[:-2] + chr(ord(std[-2]) + 1) + '='))
    bad('signature-of-4-bytes', note(text, log, signature_line('stranger.test', draw('s', 4))))
    flipped = sound[:10] + bytes([sound[10] ^ 1]) + sound[11:]
    bad('signature-one-bit', note(text, signature_line(w.log.origin, flipped), cosig), 'note-signature-bad')
    bad('signature-one-byte-short', note(text, signature_line(w.log.origin, sound[:-1])), 'note-signature-bad')
    bad('text-changed', whole.replace('\n%d\n' % len(w.log.leaves), '\n%d\n' % (len(w.log.leaves) + 1)), 'note-signature-bad')
    bad('good-and-bad-signature-of-one-key', note(text, log, signature_line(w.log.origin, flipped)), 'note-signature-bad')
    bad('cosignature-bad-beside-a-good-signature', note(text, log, w.fresh[0].line(
        'x\n', NOW - 1)), 'note-signature-bad')
    bad('of-strangers-only', note(text, *strangers(2)), 'note-unsigned')

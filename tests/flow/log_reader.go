// Reads the status log of a running registry with code that is not ours: golang.org/x/mod, as Debian packages it, checks the
// note, the checkpoint, every tile, the inclusion of every leaf and the consistency of every commit with the newest tree.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run log_reader.go URL VKEY
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const leafSize = 48

var base string

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "log_reader: "+format+"\n", arguments...)
	os.Exit(1)
}

func get(path string) (int, []byte) {
	answer, err := http.Get(base + path)
	if err != nil {
		fail("%s: %v", path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		fail("%s: %v", path, err)
	}
	return answer.StatusCode, body
}

func must(path string) []byte {
	status, body := get(path)
	if status != 200 {
		fail("%s: status %d", path, status)
	}
	return body
}

// open verifies a checkpoint and returns its tree. Only the log's own signature is asked for: this verifier knows type 0x01 alone.
func open(bytes []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("checkpoint has the wrong lines: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("checkpoint: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("checkpoint: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// Our paths have no height: tile/8/0/000 is tile/0/000 here.
type tiles struct{ read int }

func (t *tiles) Height() int { return 8 }
func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		all = append(all, must("/status/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		t.read++
	}
	return all, nil
}
func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func entries(n int64, width int64) [][]byte {
	path := strings.Replace(tlog.Tile{H: 8, L: 0, N: n, W: int(width)}.Path(), "tile/8/0/", "/status/tile/entries/", 1)
	body := must(path)
	var leaves [][]byte
	for len(body) > 0 {
		if len(body) < 2 || int(binary.BigEndian.Uint16(body)) != leafSize || len(body) < 2+leafSize {
			fail("%s: an entry is not a leaf of %d bytes", path, leafSize)
		}
		leaves = append(leaves, body[2:2+leafSize])
		body = body[2+leafSize:]
	}
	if int64(len(leaves)) != width {
		fail("%s: %d leaves, not %d", path, len(leaves), width)
	}
	return leaves
}

func main() {
	if len(os.Args) != 3 {
		fail("usage: log_reader URL VKEY")
	}
	base = strings.TrimSuffix(os.Args[1], "/")
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fail("vkey: %v", err)
	}
	tree := open(must("/status/checkpoint"), verifier)
	if tree.N == 0 {
		fail("the log is empty") // x/mod gives the tree of no leaves another hash than RFC 6962
	}
	reader := &tiles{}
	hashes := tlog.TileHashReader(tree, reader)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		fail("the tiles do not lead to the signed root: %v", err)
	}

	proofs := 0
	for start := int64(0); start < tree.N; start += 256 {
		width := tree.N - start
		if width > 256 {
			width = 256
		}
		for i, leaf := range entries(start/256, width) {
			index := start + int64(i)
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err == nil {
				err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
			}
			if err != nil {
				fail("leaf %d: %v", index, err)
			}
			proofs++
		}
	}

	commits := 0
	for size := int64(1); size <= tree.N; size++ {
		status, event := get(fmt.Sprintf("/status/e/%d", size))
		if status == 404 {
			continue
		}
		if status != 200 {
			fail("/status/e/%d: status %d", size, status)
		}
		parts := strings.SplitN(string(event), "\n\n", 2)
		if len(parts) != 2 {
			fail("/status/e/%d: no checkpoint", size)
		}
		lines := strings.Split(parts[0], "\n")
		var first, count int
		if _, err := fmt.Sscanf(lines[0], "%d %d", &first, &count); err != nil || int64(first+count) != size || len(lines) != 1+count {
			fail("/status/e/%d: the first line is %q", size, lines[0])
		}
		old := open([]byte(parts[1]), verifier)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err == nil {
			err = tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
		}
		if err != nil {
			fail("commit %d: %v", size, err)
		}
		commits++
	}
	if commits == 0 {
		fail("no commit is served")
	}
	fmt.Printf("size %d: %d tiles read, %d leaves included, %d commits consistent\n", tree.N, reader.read, proofs, commits)
}

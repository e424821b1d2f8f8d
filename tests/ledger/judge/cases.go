package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Index, Size uint64
	Leaf        []byte
	Proof       [][]byte
}

type consistency struct {
	From, To uint64
	Proof    [][]byte
}

type cases struct {
	Origin      string
	Inclusion   []inclusion
	Consistency []consistency
	Checkpoints map[string]string
}

// roots are the root hashes by tree size, from signed checkpoints.
type roots map[uint64][]byte

func judgeCases(directory string) error {
	said, err := os.ReadFile(filepath.Join(directory, "cases.json"))
	if err != nil {
		return err
	}
	var all cases
	if err := json.Unmarshal(said, &all); err != nil {
		return err
	}
	vkey, err := os.ReadFile(filepath.Join(directory, "vkey"))
	if err != nil {
		return err
	}
	signed, err := openAll(all, string(vkey))
	if err != nil {
		return err
	}
	for _, one := range all.Inclusion {
		err = errors.Join(err, judge(fmt.Sprintf("inclusion of %d in %d", one.Index, one.Size),
			one.checks(signed[one.Size]), [][][]byte{one.Proof, {one.Leaf}}))
	}
	for _, one := range all.Consistency {
		err = errors.Join(err, judge(fmt.Sprintf("consistency of %d with %d", one.From, one.To),
			one.checks(signed[one.From], signed[one.To]), [][][]byte{one.Proof}))
	}
	return errors.Join(err, judgeTileReader(directory, all, signed))
}

func openAll(all cases, vkey string) (roots, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	signed := roots{}
	for size, text := range all.Checkpoints {
		checkpoint, rest, _, err := log.ParseCheckpoint([]byte(text), all.Origin, verifier)
		if err != nil {
			return nil, err
		}
		if len(rest) != 0 || strconv.FormatUint(checkpoint.Size, 10) != size {
			return nil, fmt.Errorf("the checkpoint of %s leaves says: %v", size, checkpoint)
		}
		signed[checkpoint.Size] = checkpoint.Hash
		if _, err := note.Open([]byte(text), note.VerifierList(verifier)); err != nil {
			return nil, err
		}
		for _, wrong := range []string{text[:8] + "x" + text[9:], text[:len(text)-4] + "AAA\n"} {
			if _, _, _, err := log.ParseCheckpoint([]byte(wrong), all.Origin, verifier); err == nil {
				return nil, fmt.Errorf("opens: %q", wrong)
			}
		}
	}
	return signed, nil
}

// A check of one library.
type check func() error

func (one *inclusion) checks(root []byte) []check {
	return []check{
		func() error {
			return proof.VerifyInclusion(rfc6962.DefaultHasher, one.Index, one.Size, one.Leaf, one.Proof, root)
		},
		func() error {
			return tlog.CheckRecord(hashes(one.Proof), int64(one.Size), hash(root), int64(one.Index), hash(one.Leaf))
		},
	}
}

func (one *consistency) checks(from, to []byte) []check {
	return []check{
		func() error {
			return proof.VerifyConsistency(rfc6962.DefaultHasher, one.From, one.To, one.Proof, from, to)
		},
		func() error {
			return tlog.CheckTree(hashes(one.Proof), int64(one.To), hash(to), int64(one.From), hash(from))
		},
	}
}

// judge runs the checks, and again with one bit of each hash wrong: then each must refuse.
func judge(name string, checks []check, parts [][][]byte) error {
	for i, holds := range checks {
		if err := holds(); err != nil {
			return fmt.Errorf("%s: library %d: %w", name, i, err)
		}
		for _, part := range parts {
			for at := range part {
				part[at][at%32] ^= 1
				wrong := holds()
				part[at][at%32] ^= 1
				if wrong == nil {
					return fmt.Errorf("%s: library %d accepts a wrong hash %d", name, i, at)
				}
			}
		}
	}
	return nil
}

func hash(bytes []byte) (out tlog.Hash) {
	copy(out[:], bytes)
	return out
}

func hashes(all [][]byte) (out []tlog.Hash) {
	for _, one := range all {
		out = append(out, hash(one))
	}
	return out
}

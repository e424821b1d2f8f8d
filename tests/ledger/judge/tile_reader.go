package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// tileFiles gives Go's own log client the tiles of a directory. It names the tiles of height 8 after their height
// too: tile/8/0/000 is tile/0/000 here.
type tileFiles string

func (files tileFiles) Height() int { return 8 }

func (files tileFiles) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(files), path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (files tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}

// judgeTileReader lets Go's client read the largest tree from its tiles, which it checks against the signed root,
// and prove each case for itself: its proofs must be ours.
func judgeTileReader(directory string, all cases, signed roots) error {
	var largest uint64
	for size := range signed {
		largest = max(largest, size)
	}
	reader := tlog.TileHashReader(tlog.Tree{N: int64(largest), Hash: hash(signed[largest])}, tileFiles(directory))
	for _, one := range all.Inclusion {
		its, err := tlog.ProveRecord(int64(one.Size), int64(one.Index), reader)
		if err != nil || !same(its, one.Proof) {
			return fmt.Errorf("inclusion of %d in %d: Go's proof is %v (%v)", one.Index, one.Size, its, err)
		}
	}
	for _, one := range all.Consistency {
		its, err := tlog.ProveTree(int64(one.To), int64(one.From), reader)
		if err != nil || !same(its, one.Proof) {
			return fmt.Errorf("consistency of %d with %d: Go's proof is %v (%v)", one.From, one.To, its, err)
		}
	}
	return nil
}

func same(its []tlog.Hash, ours [][]byte) bool {
	return len(its) == len(ours) && (len(its) == 0 || reflect.DeepEqual(its, hashes(ours)))
}

package sessions

import "fmt"

// The file: a header, then segments of one size, each of them records or blocks
// of one shard, in order of need. The header's directory tells which. Numbers are
// in the machine's own byte order, since the file is the memory.
const (
	magic     = "authsoak ledger\x00"
	version   = 1
	byteOrder = 0x01020304

	// headerBytes is a multiple of every page size in use, so that segments can
	// be mapped one by one.
	headerBytes  = 64 << 10
	segmentBytes = 4 << 20
	// reserveBytes is the step in which disk space is claimed inside a segment:
	// small runs stay small, and a full disk is an error, not a SIGBUS.
	reserveBytes = 256 << 10

	offVersion   = 16
	offByteOrder = 20
	offShards    = 24
	offRunLen    = 28
	offEpoch     = 32
	offRun       = 40
	maxRun       = 1000
	offDirectory = 4 << 10

	maxSegments = (headerBytes - offDirectory) / 8
	maxShards   = 1 << 12
)

// kind of a segment.
type kind uint8

const (
	recordKind kind = 1
	blockKind  kind = 2
)

// place is one entry of the directory: what the segment at its position holds.
// The zero entry ends the directory.
type place struct {
	kind  kind
	shard int
	index int // among the shard's segments of this kind
}

func (p place) pack() uint64 {
	return uint64(p.kind)<<56 | uint64(p.shard)<<32 | uint64(uint32(p.index))
}

func unpackPlace(v uint64) place {
	return place{kind: kind(v >> 56), shard: int(v >> 32 & 0xffffff), index: int(uint32(v))}
}

// segmentAt returns the offset of the n-th segment in the file.
func segmentAt(n int) int64 { return headerBytes + int64(n)*segmentBytes }

func checkShards(n int) error {
	if n < 1 || n > maxShards {
		return fmt.Errorf("%d shards: must be 1 to %d", n, maxShards)
	}
	return nil
}

package results

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// histogramParser reads lines of latency.hlog. Histograms of our own geometry are
// decoded by itself into memory that it keeps: those of a day's run are a hundred
// thousand, and the library makes a new decompressor for each. Whatever else is
// left to the library.
type histogramParser struct {
	packed, payload []byte
	compressed      bytes.Reader
	zip             io.ReadCloser
}

// parse reads Tag=octane.login.response,12.000,1.000,8.541,HISTF…
func (p *histogramParser) parse(line []byte) (v HistogramInterval, ok bool, err error) {
	if line[0] == '#' || line[0] == '"' {
		return v, false, nil
	}
	text, ok := bytes.CutPrefix(line, []byte("Tag="))
	columns := bytes.Split(text, []byte(","))
	if !ok || len(columns) != 5 {
		return v, false, errors.New("not a line of an HDR log with a tag")
	}
	v.Phase, v.Tag = cutTag(string(columns[0]))
	var at [2]time.Duration
	for i := range at {
		sec, err := strconv.ParseFloat(string(columns[i+1]), 64)
		if err != nil || !(sec >= 0 && sec < 1e9) {
			return v, false, fmt.Errorf("%q is no time in seconds", columns[i+1])
		}
		at[i] = time.Duration(sec*1e3+0.5) * time.Millisecond
	}
	v.From, v.To = at[0], at[0]+at[1]
	h := new(Histogram)
	if !p.decode(columns[4], h) {
		h, err = decodeHistogram(columns[4])
	}
	v.Times = h
	return v, err == nil, err
}

// The parts of a histogram in the V2 form (HdrHistogram, EncodableHistogram).
const (
	v2Word     = 0x10 // counts are ZigZag LEB128 of up to nine bytes
	packedHead = 8    // cookie, length of what follows
	plainHead  = 40   // cookie, length, offset, digits, lowest, highest, ratio
	mostPlain  = plainHead + buckets*9
)

// ownHead is the head of every histogram that this package writes, but for the
// length of its payload.
func ownHead(b []byte, payload int) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(hdr.V2EncodingCookieBase|v2Word))
	b = binary.BigEndian.AppendUint32(b, uint32(payload))
	b = binary.BigEndian.AppendUint32(b, 0) // normalizing index offset
	b = binary.BigEndian.AppendUint32(b, digits)
	b = binary.BigEndian.AppendUint64(b, lowestNS)
	b = binary.BigEndian.AppendUint64(b, highestNS)
	return binary.BigEndian.AppendUint64(b, 0x3ff0000000000000) // the ratio 1.0
}

// decode adds what text holds to h, which is empty; false: it isn't of our own
// making, and h is of no use.
func (p *histogramParser) decode(text []byte, h *Histogram) bool {
	p.packed = append(p.packed[:0], make([]byte, base64.StdEncoding.DecodedLen(len(text)))...)
	n, err := base64.StdEncoding.Decode(p.packed, text)
	if err != nil || n < packedHead {
		return false
	}
	packed := p.packed[:n]
	if binary.BigEndian.Uint32(packed) != uint32(hdr.V2CompressedEncodingCookieBase|v2Word) ||
		int(binary.BigEndian.Uint32(packed[4:])) != n-packedHead {
		return false
	}
	plain, ok := p.inflate(packed[packedHead:])
	if !ok || len(plain) < plainHead {
		return false
	}
	var head [plainHead]byte
	if !bytes.Equal(plain[:plainHead], ownHead(head[:0], len(plain)-plainHead)) {
		return false
	}
	return readCounts(plain[plainHead:], h)
}

// inflate returns what was compressed, which holds until the next call.
func (p *histogramParser) inflate(compressed []byte) (plain []byte, ok bool) {
	p.compressed.Reset(compressed)
	var err error
	if p.zip == nil {
		p.zip, err = zlib.NewReader(&p.compressed)
		p.payload = make([]byte, mostPlain+1)
	} else {
		err = p.zip.(zlib.Resetter).Reset(&p.compressed, nil)
	}
	if err != nil {
		p.zip = nil
		return nil, false
	}
	n, err := io.ReadFull(p.zip, p.payload)
	return p.payload[:max(n, 0)], errors.Is(err, io.ErrUnexpectedEOF) && p.compressed.Len() == 0
}

// readCounts reads what appendCounts wrote.
func readCounts(b []byte, h *Histogram) bool {
	last := bucketOf(highestNS)
	for bucket := 0; len(b) > 0; {
		v, n := readZigZag(b)
		if n == 0 {
			return false
		}
		b = b[n:]
		switch {
		case v < -buckets:
			return false
		case v < 0:
			bucket -= int(v)
			continue
		case v > 0 && (bucket > last || v > 1<<60-h.count):
			return false
		case v > 0:
			h.add(bucket, v)
		}
		bucket++
	}
	return true
}

// readZigZag reads what appendZigZag wrote; n is how many bytes it took, 0 where
// they end too early.
func readZigZag(b []byte) (v int64, n int) {
	var u uint64
	for shift := uint(0); n < len(b); shift += 7 {
		c := b[n]
		n++
		if n == 9 {
			u |= uint64(c) << shift
			return int64(u>>1) ^ -int64(u&1), n
		}
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), n
		}
	}
	return 0, 0
}

// decodeHistogram reads the V2 compressed form in base64. The library checks the
// geometry and bounds what is inflated.
func decodeHistogram(text []byte) (*Histogram, error) {
	packed, err := hdr.DecodePacked(text)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	h := new(Histogram)
	for value, n := range packed.ForEachBucket {
		if n > 1<<60-h.count {
			return nil, errors.New("histogram: counts beyond any run")
		}
		h.add(bucketOf(min(max(value, 0), highestNS)), n)
	}
	return h, nil
}

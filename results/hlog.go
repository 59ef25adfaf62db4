package results

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// hlogWriter writes an HdrHistogram interval log, version 1.3 of the format with
// V2 histograms. The library's writer makes a new compressor of 800 KB for every
// histogram, half a millisecond each; this one keeps its own.
type hlogWriter struct {
	w       *bufio.Writer
	payload []byte
	packed  bytes.Buffer
	zip     *zlib.Writer
	line    []byte
}

// newHlogWriter writes the log's head. Times in the log are seconds since start;
// without one the log goes on.
func newHlogWriter(w io.Writer, start time.Time) *hlogWriter {
	l := &hlogWriter{w: bufio.NewWriterSize(w, 64<<10)}
	// Counts repeat as letters of an alphabet and hardly as words: without a search
	// for these, histograms come out smaller than at the best level, and sooner.
	l.zip, _ = zlib.NewWriterLevel(&l.packed, zlib.HuffmanOnly)
	if start.IsZero() {
		return l
	}
	sec := float64(start.UnixMilli()) / 1e3
	fmt.Fprintf(l.w, "#[Histogram log format version %s]\n", hdr.HISTOGRAM_LOG_FORMAT_VERSION)
	fmt.Fprintf(l.w, "#[StartTime: %.3f (seconds since epoch), %s]\n", sec, start.UTC().Format(time.RFC3339))
	fmt.Fprintf(l.w, "#[BaseTime: %.3f (seconds since epoch)]\n", sec)
	fmt.Fprintln(l.w, "#[Values are nanoseconds; Interval_Max is in milliseconds]")
	fmt.Fprintln(l.w, `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"`)
	return l
}

// write appends one histogram; an empty one leaves no line.
func (l *hlogWriter) write(tag string, from, to time.Duration, h *Histogram) error {
	if h.Count() == 0 {
		return nil
	}
	if err := l.compress(h); err != nil {
		return fmt.Errorf("histogram %s: %w", tag, err)
	}
	b := append(l.line[:0], "Tag="...)
	b = append(b, tag...)
	for _, v := range []float64{from.Seconds(), (to - from).Seconds(), float64(h.Max()) / hdr.MsToNsRatio} {
		b = append(b, ',')
		b = strconv.AppendFloat(b, v, 'f', 3, 64)
	}
	// A comma ahead of each column but the first: Tag=x,start,length,max,histogram.
	b = append(b, ',')
	b = base64.StdEncoding.AppendEncode(b, l.packed.Bytes())
	l.line = append(b, '\n')
	_, err := l.w.Write(l.line)
	return err
}

// compress leaves the V2 compressed form of h in l.packed.
func (l *hlogWriter) compress(h *Histogram) error {
	l.payload = appendCounts(l.payload[:0], h)
	l.packed.Reset()
	var head [8]byte
	binary.BigEndian.PutUint32(head[:], uint32(hdr.V2CompressedEncodingCookieBase|v2Word))
	l.packed.Write(head[:])
	l.zip.Reset(&l.packed)
	plain := ownHead(nil, len(l.payload))
	for _, b := range [][]byte{plain, l.payload} {
		if _, err := l.zip.Write(b); err != nil {
			return err
		}
	}
	if err := l.zip.Close(); err != nil {
		return err
	}
	binary.BigEndian.PutUint32(l.packed.Bytes()[4:], uint32(l.packed.Len()-len(head)))
	return nil
}

// MarshalText returns the histogram as it stands in a log.
func (h *Histogram) MarshalText() ([]byte, error) {
	l := new(hlogWriter)
	l.zip = zlib.NewWriter(&l.packed)
	if err := l.compress(h); err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode(nil, l.packed.Bytes()), nil
}

// UnmarshalText reads what MarshalText wrote, or any HdrHistogram tool, in place of
// what the histogram held.
func (h *Histogram) UnmarshalText(text []byte) error {
	read, err := decodeHistogram(text)
	if err == nil {
		*h = *read
	}
	return err
}

// appendCounts writes the counts in the order of buckets, a run of empty ones as
// its negative length.
func appendCounts(b []byte, h *Histogram) []byte {
	next := 0
	for bucket, n := range h.filled {
		switch gap := bucket - next; {
		case gap == 1:
			b = appendZigZag(b, 0)
		case gap > 1:
			b = appendZigZag(b, int64(-gap))
		}
		b = appendZigZag(b, n)
		next = bucket + 1
	}
	return b
}

// appendZigZag writes LEB128-64b9B: seven bits a byte, the low ones first, and
// the ninth byte holding eight.
func appendZigZag(b []byte, v int64) []byte {
	u := uint64(v)<<1 ^ uint64(v>>63)
	for range 8 {
		if u < 0x80 {
			return append(b, byte(u))
		}
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}

func (l *hlogWriter) flush() error { return l.w.Flush() }

// CopyHistograms writes the histogram log of a run as any HdrHistogram tool
// reads it: the file in the run folder, whose last line is left out where a kill
// has cut it. The error is w's, or tells what can't be read.
func CopyHistograms(w io.Writer, f *Folder) error {
	from, err := os.Open(f.Path(HistogramsFile))
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	parser := new(histogramParser)
	lines := readLines(from, func(line []byte) ([]byte, bool, error) {
		if line[0] == '#' || line[0] == '"' {
			return line, true, nil
		}
		_, _, err := parser.parse(line)
		return line, true, err
	})
	out := bufio.NewWriterSize(w, 64<<10)
	for line, err := range lines {
		if err != nil {
			return errors.Join(out.Flush(), fmt.Errorf("read %s: %w", f.Path(HistogramsFile), err))
		}
		_, _ = out.Write(line)
		_ = out.WriteByte('\n')
	}
	return out.Flush()
}

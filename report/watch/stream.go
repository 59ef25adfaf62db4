package watch

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// part is a piece of what viewers are sent. It is compressed once, however many
// they are, and not before one of them takes it so.
type part struct {
	plain []byte
	// packed is DEFLATE (RFC 1951) that ends at a byte and refers to nothing before
	// it, so that any parts after each other are one stream.
	packed func() []byte
}

func newPart(plain []byte) *part {
	return &part{plain, sync.OnceValue(func() []byte { return pack(plain) })}
}

// event makes a server-sent event. JSON has no line breaks, as its data must not.
func event(name string, data any) *part {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\ndata: ")
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is for a script, and stands in no page
	_ = e.Encode(data)     // strings always can be
	b.WriteByte('\n')
	return newPart(b.Bytes())
}

// packers are kept: one takes hundreds of kilobytes.
var packers = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, packing) // the level is a valid one
	return w
}}

// packing is the level of compression: pages come out a fifth larger than at the
// best level, in less than half the time. The processor is the generator's.
const packing = 3

func pack(plain []byte) []byte {
	var b bytes.Buffer
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(&b)
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Flush()
	return b.Bytes()
}

// stream is the way to one viewer. Where the viewer accepts gzip (RFC 1952), what
// is written is one member of it.
type stream struct {
	w      http.ResponseWriter
	out    *http.ResponseController
	packed bool
	begun  bool
	sum    uint32 // CRC-32 of what was written, before it was packed
	size   uint32 // its length modulo 2³²
}

// newStream sets the headers that say how the body is written.
func newStream(w http.ResponseWriter, r *http.Request) *stream {
	s := &stream{w: w, out: http.NewResponseController(w), packed: acceptsGzip(r.Header)}
	w.Header().Set("Vary", "Accept-Encoding")
	if s.packed {
		w.Header().Set("Content-Encoding", "gzip")
	}
	return s
}

// gzipHead is that of a member without a name or a time.
const gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// gzipEnd is an empty last block.
const gzipEnd = "\x03\x00"

// write sends a part. It reaches the viewer with the next flush at the latest.
func (s *stream) write(p *part) error {
	if err := s.out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if !s.packed {
		_, err := s.w.Write(p.plain)
		return err
	}
	body := p.packed()
	if !s.begun {
		s.begun = true
		body = append([]byte(gzipHead), body...)
	}
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p.plain)
	s.size += uint32(len(p.plain))
	_, err := s.w.Write(body)
	return err
}

func (s *stream) flush() error { return s.out.Flush() }

// end closes the stream, so that the viewer knows that nothing is missing.
func (s *stream) end() {
	if !s.packed {
		return
	}
	var tail []byte
	if !s.begun {
		tail = append(tail, gzipHead...)
	}
	tail = append(tail, gzipEnd...)
	tail = binary.LittleEndian.AppendUint32(tail, s.sum)
	tail = binary.LittleEndian.AppendUint32(tail, s.size)
	_, _ = s.w.Write(tail) // a viewer who is gone misses nothing
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3): gzip by its name
// or, where that isn't given, by a star, unless at quality zero.
func acceptsGzip(h http.Header) bool {
	star := false
	for item := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, parameter, _ := strings.Cut(item, ";")
		name, q, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		wanted := true
		if strings.EqualFold(name, "q") {
			quality, err := strconv.ParseFloat(q, 64)
			wanted = err == nil && quality > 0
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return wanted
		case "*":
			star = wanted
		}
	}
	return star
}

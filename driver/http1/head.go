package http1

import (
	"bytes"
	"encoding/binary"
	"math"

	"authsoak/driver/exchange"
)

// head reads a status line, the fields and the empty line.
func (r *reader) head() error {
	r.frame = frame{}
	r.ans.Fields = r.ans.Fields[:0]
	if err := r.statusLine(); err != nil {
		return err
	}
	for {
		start, end, err := r.line()
		if err != nil {
			return err
		}
		if start == end {
			return r.judgeFrame()
		}
		if b := r.buf[start]; b == ' ' || b == '\t' {
			err = r.continuation(start, end)
		} else {
			err = r.field(start, end)
		}
		if err != nil {
			return err
		}
	}
}

const protocolName = "HTTP/1."

// statusLine reads "HTTP/1.1 200 OK"; the reason may be missing. Whatever does
// not begin like that is told at once, since a server of another protocol may
// never send a line's end.
func (r *reader) statusLine() error {
	for {
		n := min(r.end-r.pos, len(protocolName))
		if got := r.buf[r.pos : r.pos+n]; string(got) != protocolName[:n] {
			return wrong(notHTTP(r.buf[r.pos:r.end]), r.buf[r.pos:r.end])
		}
		if n == len(protocolName) {
			break
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
	start, end, err := r.line()
	if err != nil {
		return err
	}
	line := r.buf[start:end]
	if len(line) < 12 || line[7] > '1' || line[7] < '0' || line[8] != ' ' {
		return wrong("malformed status line", line)
	}
	status := 0
	for _, b := range line[9:12] {
		if b < '0' || b > '9' {
			return wrong("malformed status line", line)
		}
		status = status*10 + int(b-'0')
	}
	if status < 100 || (len(line) > 12 && line[12] != ' ') || !validValue(line[12:]) {
		return wrong("malformed status line", line)
	}
	r.ans.Status = status
	r.old = line[7] == '0'
	return nil
}

// notHTTP says what an answer that is no HTTP/1 looks like.
func notHTTP(got []byte) string {
	switch {
	case len(got) > 1 && (got[0] == 0x15 || got[0] == 0x16) && got[1] == 3:
		return "the server speaks TLS here (use https)"
	case bytes.HasPrefix(got, []byte{0, 0}):
		return "the server speaks HTTP/2 here"
	}
	return "the answer is not HTTP/1"
}

// line returns the bounds of the next line, without its end.
func (r *reader) line() (start, end int, err error) {
	from := r.pos
	for {
		if i := bytes.IndexByte(r.buf[from:r.end], '\n'); i >= 0 {
			i += from
			if i >= exchange.HeadLimit {
				return 0, 0, errHeadLimit
			}
			if i == r.pos || r.buf[i-1] != '\r' {
				return 0, 0, wrong("a line of the head ends in a bare line feed", nameOf(r.buf[r.pos:i]))
			}
			start, r.pos = r.pos, i+1
			return start, i - 1, nil
		}
		from = r.end
		if from >= exchange.HeadLimit {
			return 0, 0, errHeadLimit
		}
		if err := r.fill(); err != nil {
			return 0, 0, err
		}
	}
}

var (
	errHeadLimit  = wrong("the head of the answer is longer than 64 KiB", nil)
	errFieldLimit = wrong("the answer has more than 512 header fields", nil)
)

// field takes a header field.
func (r *reader) field(start, end int) error {
	line := r.buf[start:end]
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !validName(line[:colon]) {
		return wrong("malformed header field", nameOf(line))
	}
	if len(r.ans.Fields) == exchange.FieldLimit {
		return errFieldLimit
	}
	r.valueStart, r.valueEnd = trim(r.buf, start+colon+1, end)
	value := r.buf[r.valueStart:r.valueEnd:r.valueEnd]
	if !validValue(value) {
		return wrong("malformed header field", nameOf(line))
	}
	r.ans.Fields = append(r.ans.Fields, exchange.Field{Name: line[:colon:colon], Value: value})
	return nil
}

// nameOf is what of a header field an error may show: values are secrets.
func nameOf(line []byte) []byte {
	name, _, _ := bytes.Cut(line, []byte{':'})
	if !validName(name) {
		return nil
	}
	return name
}

// continuation joins a folded line to the field before it, by one space. The
// line end and the blank between them leave room for that in place.
func (r *reader) continuation(start, end int) error {
	fields := r.ans.Fields
	line := r.buf[start:end]
	if len(fields) == 0 || !validValue(line) {
		return wrong("malformed header field", nameOf(line))
	}
	start, end = trim(r.buf, start, end)
	if r.valueStart < r.valueEnd {
		r.buf[r.valueEnd] = ' '
		r.valueEnd++
	}
	r.valueEnd += copy(r.buf[r.valueEnd:], r.buf[start:end])
	_, end = trim(r.buf, r.valueStart, r.valueEnd)
	fields[len(fields)-1].Value = r.buf[r.valueStart:end:end]
	return nil
}

// trim narrows bounds by blanks.
func trim(b []byte, start, end int) (int, int) {
	for start < end && (b[start] == ' ' || b[start] == '\t') {
		start++
	}
	for start < end && (b[end-1] == ' ' || b[end-1] == '\t') {
		end--
	}
	return start, end
}

// nameBytes are the bytes of a token (RFC 9110, section 5.6.2).
var nameBytes = func() (t [256]bool) {
	for _, b := range "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" {
		t[b] = true
	}
	return t
}()

func validName(name []byte) bool {
	for _, b := range name {
		if !nameBytes[b] {
			return false
		}
	}
	return true
}

// validValue tells whether a value holds no control byte but tabs (RFC 9110,
// section 5.5). Eight bytes at a time are found innocent; the rest is looked at
// one by one.
func validValue(v []byte) bool {
	const ones, highs = math.MaxUint64 / 255, math.MaxUint64 / 255 * 128
	for len(v) >= 8 {
		x := binary.LittleEndian.Uint64(v)
		del := x ^ ones*0x7f
		if ((x-ones*0x20)&^x|(del-ones)&^del)&highs != 0 && !plainBytes(v[:8]) {
			return false
		}
		v = v[8:]
	}
	return plainBytes(v)
}

func plainBytes(v []byte) bool {
	for _, b := range v {
		if (b < ' ' && b != '\t') || b == 0x7f {
			return false
		}
	}
	return true
}

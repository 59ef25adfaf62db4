package http1

import (
	"bytes"
	"io"
	"math"
)

const (
	chunkLineLimit = 4 << 10  // bytes of a chunk's size line
	trailerLimit   = 4 << 10  // bytes of all trailers
	overheadLimit  = 16 << 10 // bytes of chunking beyond what the data excuse
	spareRoom      = 16 << 10 // for the part of a body that is only counted
)

// readBody reads the body that follows the head and keeps the first part.
func (r *reader) readBody(head bool) (err error) {
	r.body, r.kept, r.inBody = r.pos, r.pos, true
	switch {
	case head || r.ans.Status == 204 || r.ans.Status == 304:
	case r.chunked:
		err = r.chunks()
	case r.hasLength:
		r.expect(r.length)
		err = r.take(r.length)
	default:
		r.close = true
		if err = r.take(math.MaxInt64); err == io.EOF {
			err = nil
		}
	}
	r.ans.Body = r.buf[r.body:r.kept:r.kept]
	return err
}

// expect makes room at once, so that a long body is not moved again and again.
func (r *reader) expect(length int64) {
	most := int64(r.ans.Kept())
	need := min(length, most)
	if length > most {
		need += spareRoom
	}
	r.grow(r.kept + int(need) + leastRead)
}

// take reads that many bytes of the body.
func (r *reader) take(length int64) error {
	for {
		n := min(int64(r.end-r.pos), length)
		keep := min(int(n), r.ans.Kept()-(r.kept-r.body))
		if r.kept != r.pos {
			copy(r.buf[r.kept:], r.buf[r.pos:r.pos+keep])
		}
		r.kept += keep
		r.pos += int(n)
		r.ans.BodyBytes += n
		if length -= n; length == 0 {
			return nil
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// chunks reads a chunked body up to and with its trailers.
func (r *reader) chunks() error {
	excess := int64(0)
	for {
		line, err := r.chunkLine()
		if err != nil {
			return err
		}
		size, err := chunkSize(line)
		if err != nil {
			return err
		}
		// Long extensions or endless tiny chunks carry more chunking than
		// data; what the data excuse is what net/http allows too.
		if excess = max(0, excess+int64(len(line))+2-16-2*min(size, math.MaxInt32)); excess > overheadLimit {
			return wrong("more chunking than data", nil)
		}
		if size == 0 {
			return r.trailers()
		}
		if err := r.take(size); err != nil {
			return err
		}
		if err := r.chunkEnd(); err != nil {
			return err
		}
	}
}

// chunkLine returns the next line, without its end.
func (r *reader) chunkLine() ([]byte, error) {
	scanned := 0
	for {
		unread := r.buf[r.pos:r.end]
		i := bytes.IndexByte(unread[scanned:], '\n')
		if i += scanned; i >= scanned {
			if i == 0 || bytes.IndexByte(unread[:i], '\r') != i-1 {
				return nil, wrong("malformed line between chunks", nil)
			}
			if i > chunkLineLimit {
				return nil, wrong("too long a line between chunks", nil)
			}
			r.pos += i + 1
			return unread[:i-1], nil
		}
		if scanned = len(unread); scanned >= chunkLineLimit {
			return nil, wrong("too long a line between chunks", nil)
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

// chunkSize reads the hexadecimal size; extensions are passed over.
func chunkSize(line []byte) (int64, error) {
	_, end := trim(line, 0, len(line))
	digits := line[:end]
	if i := bytes.IndexByte(digits, ';'); i >= 0 {
		digits = digits[:i]
	}
	if len(digits) == 0 || len(digits) > 16 {
		return 0, wrong("malformed chunk size", nil)
	}
	var n int64
	for _, b := range digits {
		switch {
		case '0' <= b && b <= '9':
			b -= '0'
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			b = b | 0x20 - 'a' + 10
		default:
			return 0, wrong("malformed chunk size", nil)
		}
		n = n<<4 | int64(b)
	}
	if n < 0 {
		return 0, wrong("malformed chunk size", nil)
	}
	return n, nil
}

// chunkEnd reads the line end after a chunk's data.
func (r *reader) chunkEnd() error {
	for r.end-r.pos < 2 {
		if r.end > r.pos && r.buf[r.pos] != '\r' {
			break
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
	if r.buf[r.pos] != '\r' || r.buf[r.pos+1] != '\n' {
		return wrong("a chunk is longer than it says", nil)
	}
	r.pos += 2
	return nil
}

// trailers reads the fields after the last chunk and forgets them.
func (r *reader) trailers() error {
	for total, first := 0, true; ; first = false {
		line, err := r.chunkLine()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return nil
		}
		if total += len(line) + 2; total > trailerLimit {
			return wrong("too long trailers", nil)
		}
		colon := bytes.IndexByte(line, ':')
		folded := !first && (line[0] == ' ' || line[0] == '\t')
		if !folded && (colon < 1 || !validName(line[:colon])) || !validValue(line) {
			return wrong("malformed trailer", nameOf(line))
		}
	}
}
